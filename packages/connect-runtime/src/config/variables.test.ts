import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasVariable, replaceVariables, type Variable, variablesIn } from "./variables.ts";

/** Java's pattern and the way Java's `ConfigTransformer` reads its groups. */
function asJavaFinds(text: string): Variable[] {
  const pattern = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;
  return Array.from(text.matchAll(pattern), (match) => ({
    text: match[0],
    provider: match[1]!,
    path: match[3] ?? "",
    key: match[4]!,
    start: match.index,
  }));
}

/** Texts in which variables, whole and broken, are likely. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "${",
        "$",
        "{",
        "}",
        ":",
        "${file:",
        "/p:",
        "k}",
        "a",
        "\n",
        "é",
        "\u{1F600}",
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));

describe("variables", () => {
  test("are those that Java's pattern finds", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(variablesIn(text)).toEqual(asJavaFinds(text));
        expect(hasVariable(text)).toBe(asJavaFinds(text).length > 0);
      }),
      { numRuns: 3000 },
    );
  });

  test("that have a value are replaced, all else stays as it is", () => {
    fc.assert(
      fc.property(texts, fc.string(), (text, value) => {
        const known = ({ key }: Variable) => (key === "k" ? value : undefined);
        let copied = 0;
        let expected = "";
        for (const variable of asJavaFinds(text)) {
          expected += text.slice(copied, variable.start) + (known(variable) ?? variable.text);
          copied = variable.start + variable.text.length;
        }
        expect(replaceVariables(text, known)).toBe(expected + text.slice(copied));
      }),
    );
  });

  test.each<[string, Omit<Variable, "text" | "start">[]]>([
    ["${file:/p/f.properties:k}", [{ provider: "file", path: "/p/f.properties", key: "k" }]],
    ["${env:HOME}", [{ provider: "env", path: "", key: "HOME" }]],
    ["${a:b:c:d}", [{ provider: "a", path: "b", key: "c:d" }]],
    ["${:}", [{ provider: "", path: "", key: "" }]],
    ["${a${file:k}", [{ provider: "a${file", path: "", key: "k" }]],
    ["${topic}-${timestamp}", []],
    ["${file:k", []],
    [
      "jdbc://${env:HOST}:${env:PORT}/x",
      [
        { provider: "env", path: "", key: "HOST" },
        { provider: "env", path: "", key: "PORT" },
      ],
    ],
  ])("of %s", (text, expected) => {
    expect(variablesIn(text)).toEqual(
      expected.map((variable) => expect.objectContaining(variable) as Variable),
    );
  });

  test("are not looked for in what replaces them", () => {
    expect(replaceVariables("${a:k} ${b:k}", () => "${c:$&}")).toBe("${c:$&} ${c:$&}");
  });

  test("of a text made to be slow are found at once", () => {
    const hostile = "${" + ":".repeat(200_000) + "${a:".repeat(50_000);
    expect(variablesIn(hostile)).toEqual([]);
    expect(variablesIn(`${hostile}}`)).toHaveLength(1);
  });
});
