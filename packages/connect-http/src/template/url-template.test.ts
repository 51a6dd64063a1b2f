import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UrlTemplate } from "./url-template.ts";

const parse = (text: string) => UrlTemplate.parse(text) as UrlTemplate;

test.each([
  ["https://${topic}.example/", /host must be the same/],
  ["https://example${port}/", /host must be the same/],
  ["https://example.com@${key}/", /user or password|host must be the same/],
  ["${key}", /not a URL/],
  ["http:/${key}/x", /host must be the same/],
  ["ftp://x/", /scheme is ftp:/],
  ["http://u:p@x/", /user or password/],
  ["http://x/a/../b", /\. or \.\./],
  ["http://x/#a", /fragment/],
  ["http://x/${key", /without \}/],
  ["http://x/${a b}", /names nothing/],
])("%s is refused", (text, message) => {
  expect(UrlTemplate.parse(text)).toMatch(message);
});

test.each([
  ["http://x/a?b=c", "http://x/a?b=c"],
  ["http://x", "http://x/"],
  ["http://x?key=${key}", "http://x/?key=a%2Fb"],
  ["http://x/${key}/${key}.json?${key}=${key}", "http://x/a%2Fb/a%2Fb.json?a%2Fb=a%2Fb"],
])("%s", (text, url) => {
  expect(parse(text).render(() => "a/b")).toBe(url);
});

test.each([
  ["", /is empty/],
  [".", /leads elsewhere/],
  ["..", /leads elsewhere/],
  ["\ud800", /no valid Unicode/],
])("%j is no segment of a path", (text, message) => {
  expect(() => parse("http://x/a/${key}/b").render(() => text)).toThrow(message);
});

test("what only looks like dots once it is decoded is encoded again", () => {
  expect(parse("http://x/a/${key}/b").render(() => "%2e")).toBe("http://x/a/%252e/b");
});

test("dots that together would lead elsewhere are refused", () => {
  expect(() => parse("http://x/${a}${b}/c").render(() => ".")).toThrow(/leads elsewhere/);
  expect(() => parse("http://x/.${a}").render(() => ".")).toThrow(/leads elsewhere/);
});

/** Any code units; `fc.string` with unit "binary" takes seconds before it gives its first text. */
const TEXTS = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { minLength: 1, maxLength: 8 })
  .map((units) => String.fromCharCode(...units));

test("whatever a text is, it stays the segment and the value that it is for", () => {
  const template = parse("https://host.example:8443/a/${x}/b?q=${x}&r=1");
  const property = fc.property(TEXTS, (text) => {
    let rendered: string;
    try {
      rendered = template.render(() => text);
    } catch {
      return;
    }
    const url = new URL(rendered);
    const [, , segment = ""] = url.pathname.split("/");
    // One comparison each: the matcher takes longer than what it compares.
    expect([url.origin, url.pathname, decodeURIComponent(segment), ...url.searchParams]).toEqual([
      "https://host.example:8443",
      `/a/${segment}/b`,
      text,
      ["q", text],
      ["r", "1"],
    ]);
  });
  const examples = ["/", "\\", "?q=", "#", "&r=2", "..%2f", "@host", "+ ", "\t\r\n"];
  fc.assert(property, { numRuns: 300, examples: examples.map((text) => [text]) });
});
