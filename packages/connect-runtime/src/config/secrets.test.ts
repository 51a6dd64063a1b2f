import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Secrets } from "./secrets.ts";

const CANARY = 'c4n"ary/ pässword';

describe("secrets", () => {
  test.each([
    ["as they are", `no login with ${CANARY}!`],
    ["trimmed", `Invalid value ${CANARY} for configuration x`],
    ["in JSON", JSON.stringify({ a: [CANARY] })],
    ["in URLs", `http://u:${encodeURIComponent(CANARY)}@host`],
    ["in Base64", Buffer.from(CANARY).toString("base64")],
  ])("are hidden %s", (_, text) => {
    const hidden = new Secrets([` ${CANARY}\n`, CANARY]).hide(text);
    expect(hidden).toContain("[hidden]");
    expect(hidden).not.toContain("ary");
  });

  test("of several lines are hidden line by line", () => {
    const key = "-----BEGIN KEY-----\nMIIabcdef\nghijklmn\n-----END KEY-----";
    expect(new Secrets([key]).hide("cannot read MIIabcdef of ghijklmn")).toBe(
      "cannot read [hidden] of [hidden]",
    );
  });

  test("that hold one another are hidden whole", () => {
    expect(new Secrets(["secret", "secret-two"]).hide("secret-two, secret")).toBe(
      "[hidden], [hidden]",
    );
  });

  test("are hidden in data, keys as well", () => {
    expect(new Secrets(["hunter2"]).hideIn({ hunter2: ["a hunter2", 1, null] })).toEqual({
      "[hidden]": ["a [hidden]", 1, null],
    });
  });

  test("that are no secrets are left", () => {
    expect(new Secrets(["", "1", "abc", "true"]).hide("abc 1 true")).toBe("abc 1 true");
  });

  test("of any kind are not in what is shown", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4 }).filter((s) => !"[hidden]".includes(s)),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          fc.pre(!["true", "false", "null", "none"].includes(secret));
          const shown = new Secrets([secret]).hide(before + secret + after);
          // What is left may form it anew around the mark, never the whole of it inside.
          expect(shown.split("[hidden]").some((part) => part.includes(secret))).toBe(false);
        },
      ),
    );
  });
});

test("in data of a known shape, names of fields and words of it stay", () => {
  const secrets = new Secrets(["passed", "text"]);
  const data = { outcome: "passed", text: ["not passed", 1, null], more: { text: "a text" } };
  expect(secrets.hideInTexts(data, new Set(["outcome"]))).toEqual({
    outcome: "passed",
    text: ["not [hidden]", 1, null],
    more: { text: "a [hidden]" },
  });
});
