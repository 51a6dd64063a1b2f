import { expect, test } from "vitest";
import { TopicPartitionMap } from "./topic-partition.ts";

test("topic-partitions are compared by content", () => {
  const map = new TopicPartitionMap<string>([[{ topic: "a", partition: 0 }, "x"]]);
  map.set({ topic: "a", partition: 1 }, "y").set({ topic: "b", partition: 0 }, "z");
  expect(map.get({ topic: "a", partition: 0 })).toBe("x");
  expect(map.has({ topic: "a", partition: 2 })).toBe(false);
  expect(map.size).toBe(3);
  expect([...map.keys()]).toEqual([
    { topic: "a", partition: 0 },
    { topic: "a", partition: 1 },
    { topic: "b", partition: 0 },
  ]);
  expect([...map.values()]).toEqual(["x", "y", "z"]);
});

test("a topic goes with its last partition", () => {
  const map = new TopicPartitionMap([[{ topic: "a", partition: 0 }, 1]]);
  expect(map.delete({ topic: "a", partition: 1 })).toBe(false);
  expect(map.delete({ topic: "a", partition: 0 })).toBe(true);
  expect(map.delete({ topic: "a", partition: 0 })).toBe(false);
  expect([...map]).toEqual([]);
  map.set({ topic: "a", partition: 0 }, 2).clear();
  expect(map.size).toBe(0);
});
