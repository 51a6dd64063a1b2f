import { expect, test } from "vitest";
import { operation } from "../../test/operations.ts";
import { Bulk } from "./bulk.ts";

test("its body is the lines of its operations", () => {
  const bulk = Bulk.of([operation("a", 1), operation("ü€😀", 2)]);
  expect(bulk.body.toString("utf8")).toBe("a@1\nü€😀@2\n");
});

test("takes no operation beyond its limit in bytes, but always the first", () => {
  const bulk = new Bulk();
  expect(bulk.add(operation("€".repeat(10), 1), 5)).toBe(true);
  expect(bulk.add(operation("b", 2), 36)).toBe(false);
  expect(bulk.body).toHaveLength(33);
  expect(bulk.add(operation("b", 2), 37)).toBe(true);
  expect(bulk.operations).toHaveLength(2);
});

test("grows as needed, whatever the text", () => {
  const ids = ["a", "é", "€", "😀"].map((unit) => unit.repeat(50_000));
  const bulk = new Bulk(10);
  for (const id of ids) bulk.add(operation(id, 1), Infinity);
  expect(bulk.body.toString("utf8")).toBe(ids.map((id) => `${id}@1\n`).join(""));
});
