import { expect, test } from "vitest";
import { PartitionMap } from "./partition-map.ts";

test("keeps topics and partitions apart, in the order they came", () => {
  const map = new PartitionMap<string>();
  map.set("b", 2, "b2");
  map.set("a", 1, "a1");
  map.set("b", 0, "b0");
  map.set("b", 2, "again");
  expect(map.size).toBe(3);
  expect(map.get("b", 2)).toBe("again");
  expect(map.get("a", 2)).toBeUndefined();
  expect(map.has("a", 1)).toBe(true);
  expect(map.keys()).toEqual([
    { topic: "b", partition: 2 },
    { topic: "b", partition: 0 },
    { topic: "a", partition: 1 },
  ]);
  expect([...map.values()]).toEqual(["again", "b0", "a1"]);
});

test("forgets a topic with its last partition", () => {
  const map = new PartitionMap<number>();
  map.set("a", 1, 1);
  expect(map.delete("a", 2)).toBe(false);
  expect(map.delete("b", 1)).toBe(false);
  expect(map.delete("a", 1)).toBe(true);
  expect(map.topics()).toEqual([]);
  expect(map.size).toBe(0);
});
