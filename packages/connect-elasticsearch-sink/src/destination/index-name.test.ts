import { expect, test } from "vitest";
import { indexName } from "./index-name.ts";

test.each([
  ["Orders.EU", "orders.eu"],
  ["-dash", "dash"],
  ["_under", "under"],
  ["__two", "_two"],
  [".", "dot"],
  ["..", "dotdot"],
  ["_.", "dot"],
  [`-${"x".repeat(260)}`, "x".repeat(254)],
])("topic %s goes to index %s", (topic, index) => {
  expect(indexName(topic)).toBe(index);
});

test("a topic whose name leaves nothing is refused", () => {
  expect(() => indexName("_")).toThrow("Topic _ gives no valid index name");
});
