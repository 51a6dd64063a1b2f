import { describe, expect, test } from "vitest";
import { parseProperties } from "./java-properties.ts";

describe("the .properties format", () => {
  // What java.util.Properties.load gives for each text.
  test.each<[string, Record<string, string>]>([
    ["a=1\nb: 2\nc 3\nd\n=e", { a: "1", b: "2", c: "3", d: "", "": "e" }],
    ["  a \t= \f 1 ", { a: "1 " }],
    ["# no\n ! no\n\na=#1", { a: "#1" }],
    ["a=one \\\n   two\\\r\n\tthree", { a: "one twothree" }],
    ["a=1\\\n#b=2", { a: "1#b=2" }],
    ["a=x\\\n\nb=y", { a: "x", b: "y" }],
    ["a=c:\\\\dir\\\\", { a: "c:\\dir\\" }],
    ["a\\=b\\:c\\ d=\\t\\n\\r\\f\\q", { "a=b:c d": "\t\n\r\fq" }],
    ["k\\u00e9=\\u20AC\\uD83D\\uDE00", { ké: "€😀" }],
    ["a=1\ra=2", { a: "2" }],
    ["\\\n# not a key", {}],
    ["a==b", { a: "=b" }],
    ["a=\\", { a: "" }],
    ["__proto__=x\nconstructor=y", { ["__proto__"]: "x", constructor: "y" }],
  ])("%j", (text, expected) => {
    const parsed = parseProperties(text);
    expect(Object.entries(parsed)).toEqual(Object.entries(expected));
  });

  test("a broken \\u is refused", () => {
    expect(() => parseProperties("a=\\u12x4")).toThrow("Malformed \\uxxxx encoding");
  });
});
