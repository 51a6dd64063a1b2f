import fc from "fast-check";
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
  const property = fc.property(fc.string({ unit: "binary" }), (text) => {
    // What cannot be a header is refused, and never sent as something else.
    let value: string | undefined;
    try {
      value = headers.render(() => text)["X-B"];
    } catch {
      expect(/[^\t\u0020-\u007e]/.test(text)).toBe(true);
      return;
    }
    expect(value).toBe(`<${text}>`);
    expect(value).not.toMatch(/[\r\n\0]/);
  });
  fc.assert(property, { numRuns: 1000 });
});
