import { expect, test } from "vitest";
import { pageOf, pagesIn, siteLink, titleOf } from "./pages.ts";

test.each([
  ["README.md", "index"],
  ["docs/rest.md", "rest"],
  ["docs/adr/20261121-toolchain.md", "adr/20261121-toolchain"],
  ["packages/connect-file/README.md", "packages/connect-file"],
  ["packages/connect-file/src/index.ts", undefined],
  ["CONTRIBUTING.md", undefined],
])("%s is the page %s", (file, page) => {
  expect(pageOf(file)).toBe(page);
});

test.each([
  ["docs/rest.md", "#worker", "#worker"],
  ["docs/rest.md", "delivery.md#exactly-once-sources", "/delivery#exactly-once-sources"],
  ["docs/operating.md", "../README.md#plugins", "/#plugins"],
  ["README.md", "packages/connect-file", "/packages/connect-file"],
  ["packages/connect-http/README.md", "../connect-file/README.md", "/packages/connect-file"],
  ["README.md", "docs/adr", undefined],
  ["docs/operating.md", "../config/connect-distributed.properties", undefined],
])("in %s the link %s leads to %s", (file, href, link) => {
  expect(siteLink(file, href)).toBe(link);
});

test("a link to a file that is not there is an error", () => {
  expect(() => siteLink("docs/rest.md", "no-such.md")).toThrow(/there is no docs\/no-such\.md/);
});

test("pages have titles", () => {
  expect(titleOf("docs/rest.md")).toBe("REST API");
  expect(pagesIn("docs").length).toBeGreaterThan(5);
});
