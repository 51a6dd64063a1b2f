import { expect, test } from "vitest";
import { parseNodes, withoutCredentials } from "./nodes.ts";

test("addresses keep scheme, port and path; http is meant where there is no scheme", () => {
  const { nodes, problems } = parseNodes(["es1:9200", "https://es2/prefix", "10.0.0.1"]);
  expect(nodes.map(String)).toEqual(["http://es1:9200/", "https://es2/prefix", "http://10.0.0.1/"]);
  expect(problems).toEqual([]);
});

test.each([
  ["https://elastic:hunter2@host:9200/p@th", "https://host:9200/p@th"],
  ["elastic:hunter2@host:9200", "host:9200"],
  ["http://host/a@b", "http://host/a@b"],
  ["host:9200", "host:9200"],
])("%s is shown as %s", (address, shown) => {
  expect(withoutCredentials(address)).toBe(shown);
});
