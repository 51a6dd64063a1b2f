import { expect, test } from "vitest";
import { MemoryOffsets } from "./memory-offsets.ts";

test("finds a partition by its content, whatever the order of its keys", async () => {
  const offsets = new MemoryOffsets([[{ a: 1, b: "x" }, { position: 1 }]]);
  expect(await offsets.offset({ b: "x", a: 1n })).toEqual({ position: 1 });
  expect(await offsets.offset({ a: 1 })).toBeNull();
  expect(await offsets.offsets([{ a: 2 }, { a: 1, b: "x" }])).toEqual([null, { position: 1 }]);
});

test("gives numbers back as the offset topic does", async () => {
  const offsets = new MemoryOffsets([[{}, { small: 5n, large: 2n ** 60n, none: undefined }]]);
  expect(await offsets.offset({})).toEqual({ small: 5, large: 2n ** 60n, none: null });
});

test("refuses what the offset topic cannot hold", () => {
  const offsets = new MemoryOffsets();
  for (const value of [{}, [1], Number.NaN, new Date(0), () => 1]) {
    expect(() => offsets.set({ a: 1 }, { value })).toThrow('"value" is');
  }
});

test("stores the last offset of each partition, keeps it where a record has none, and resets", async () => {
  const [a, b] = [{ file: "a" }, { file: "b" }];
  const offsets = new MemoryOffsets();
  offsets.commit([
    { sourcePartition: a, sourceOffset: { n: 1 } },
    { sourcePartition: b, sourceOffset: { n: 7 } },
    { sourcePartition: a, sourceOffset: { n: 2 } },
    { sourcePartition: a, sourceOffset: null },
  ]);
  const copy = offsets.copy();
  offsets.set(b, null);
  expect([...offsets]).toEqual([[a, { n: 2 }]]);
  expect([...copy]).toEqual([
    [a, { n: 2 }],
    [b, { n: 7 }],
  ]);
});
