import type { OffsetStorageReader, SourceOffset, SourcePartition } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { readIncrementing, tablePartition } from "./offset.ts";

const table = { schema: "public", name: "users" };

function reader(stored: readonly [SourcePartition, SourceOffset][]): OffsetStorageReader {
  const byKey = new Map(stored.map(([partition, offset]) => [sorted(partition), offset]));
  const offset = (partition: SourcePartition) =>
    Promise.resolve(byKey.get(sorted(partition)) ?? null);
  return { offset, offsets: (partitions) => Promise.all(partitions.map(offset)) };
}

const sorted = (partition: SourcePartition) =>
  JSON.stringify(
    partition,
    Object.keys(partition).toSorted((a, b) => a.localeCompare(b)),
  );

test("the partition has Java's members in Java's order", () => {
  expect(JSON.stringify(tablePartition(table))).toBe('{"protocol":"1","table":"public.users"}');
});

test.each<[string, [SourcePartition, SourceOffset][], bigint]>([
  ["without one above -1", [], -1n],
  ["by protocol 1", [[{ table: "public.users", protocol: "1" }, { incrementing: 42 }]], 42n],
  ["by protocol 0", [[{ table: "users" }, { incrementing: 7 }]], 7n],
  [
    "by protocol 1 before 0",
    [
      [{ table: "users" }, { incrementing: 7 }],
      [{ protocol: "1", table: "public.users" }, { incrementing: 9_007_199_254_740_993n }],
    ],
    9_007_199_254_740_993n,
  ],
  ["of a timestamp mode above -1", [[{ table: "users" }, { timestamp: 5 }]], -1n],
])("an offset is read %s", async (_, stored, value) => {
  expect(await readIncrementing(reader(stored), [table])).toEqual([value]);
});

test("an offset that is no number is refused with its table's name", async () => {
  const stored = reader([[tablePartition(table), { incrementing: "x" }]]);
  await expect(readIncrementing(stored, [table])).rejects.toThrow(/public\.users .*"x"/);
});
