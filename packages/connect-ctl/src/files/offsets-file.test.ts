import { expect, test } from "vitest";
import { parseOffsets, sinkOffset } from "./offsets-file.ts";

test("offsets keep all their digits", () => {
  const text = `{"offsets":[{"partition":{"a":1},"offset":{"lsn":9223372036854775807,"x":1.0}}]}`;
  expect(JSON.stringify({ offsets: parseOffsets("f", text) })).toBe(text);
});

test("the list alone does, and null forgets", () => {
  const offsets = [{ partition: { a: 1 }, offset: null }];
  expect(parseOffsets("f", JSON.stringify(offsets))).toEqual(offsets);
});

test.each(["{}", "[]", `[{"partition":{}}]`, `[{"partition":1,"offset":{}}]`, "3", "x"])(
  "%s is refused",
  (text) => expect(() => parseOffsets("f.json", text)).toThrow("f.json"),
);

test("a sink's offset in short", () => {
  expect(sinkOffset("orders:3=42")).toEqual({
    partition: { kafka_topic: "orders", kafka_partition: 3 },
    offset: { kafka_offset: 42 },
  });
  expect(sinkOffset("orders:0=null").offset).toBeNull();
  expect(() => sinkOffset("orders=42")).toThrow("write topic:partition=offset");
});
