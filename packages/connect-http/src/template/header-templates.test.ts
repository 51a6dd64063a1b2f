import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HeaderTemplates } from "./header-templates.ts";

test.each([
  [["a"], /name:value/],
  [["a b: c"], /name:value/],
  [["a: b\u0000"], /header a has characters/],
  [["a: 1", "A: 2"], /A is there twice/],
  [["Content-Length: 1"], /Content-Length is not for you/],
  [["a: ${"], /header a: .*without \}/],
])("%j is refused", (texts, message) => {
  expect(HeaderTemplates.parse(texts)).toMatch(message);
});

test("a value has colons, and what is put in stays in it", () => {
  const headers = HeaderTemplates.parse(["X-A: b:c", "X-B: <${key}>"]) as HeaderTemplates;
  expect(headers.render(() => "k")).toEqual({ "X-A": "b:c", "X-B": "<k>" });
  expect(headers.has("x-b")).toBe(true);
  expect(headers.secretValues).toEqual(["b:c"]);
  const printable = fc.string({ unit: "grapheme-ascii" });
  const kept = fc.property(printable, (text) => {
    expect(headers.render(() => text)["X-B"]).toBe(`<${text}>`);
  });
  fc.assert(kept);
  const control = fc.constantFrom("\r", "\n", "\0", "\u007f", "\u0001", "\u0080", "\u2028", "ü");
  const refused = fc.property(printable, control, printable, (before, bad, after) => {
    expect(() => headers.render(() => before + bad + after)).toThrow(
      /not allowed in the header X-B/,
    );
  });
  fc.assert(refused);
});
