import type { OffsetStorageReader, SourceOffset, SourcePartition } from "@millrace/connect-api";
import { assert, bigInt, property } from "fast-check";
import { expect, test } from "vitest";
import { offsetPartition, placeOf, readPlaces, timestampOffset } from "./offset.ts";

const users = { table: { catalog: null, schema: "public", name: "users" } };

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
  expect(JSON.stringify(offsetPartition(users))).toBe('{"protocol":"1","table":"public.users"}');
  const orders = { table: { catalog: "shop", schema: "dbo", name: "orders" } };
  expect(JSON.stringify(offsetPartition(orders))).toBe(
    '{"protocol":"1","table":"shop.dbo.orders"}',
  );
  expect(offsetPartition({ query: "SELECT 1" })).toEqual({ query: "query" });
});

test.each<[string, [SourcePartition, SourceOffset][], bigint | undefined]>([
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
  ["of a timestamp mode", [[{ table: "users" }, { timestamp: 5 }]], undefined],
])("an offset is read %s", async (_, stored, value) => {
  const [place] = await readPlaces(reader(stored), [users]);
  expect(place?.incrementing).toBe(value);
});

test("what was never read has no place, and a query's is its own", async () => {
  const stored = reader([[{ query: "query" }, { incrementing: 3 }]]);
  expect(await readPlaces(stored, [users, { query: "SELECT 1" }])).toEqual([
    null,
    { incrementing: 3n, timestamp: undefined },
  ]);
});

test.each<[SourceOffset, bigint]>([
  [{ timestamp: 1_700_000_000_123 }, 1_700_000_000_123_000_000n],
  [{ timestamp: 1_700_000_000_123, timestamp_nanos: 123_456_789 }, 1_700_000_000_123_456_789n],
  [{ timestamp: 1_700_000_000_000, timestamp_nanos: 0 }, 1_700_000_000_000_000_000n],
  [{ timestamp: -1, timestamp_nanos: 999_000_000 }, -1_000_000n],
])("the time of %j", (offset, instant) => {
  expect(placeOf(offset, "x").timestamp).toBe(instant);
});

test("an offset holds a time exactly, whatever it is", () => {
  const instants = bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  assert(
    property(instants, (instant) => {
      const offset = timestampOffset(instant, 7);
      expect(placeOf(offset, "x")).toEqual({ incrementing: 7n, timestamp: instant });
      expect(offset["timestamp"]).toBe(
        Math.floor(Number(instant / 1_000_000n - (instant % 1_000_000n < 0n ? 1n : 0n))),
      );
    }),
  );
});

test.each([{ incrementing: "x" }, { timestamp: 1.5 }, { timestamp: 1, timestamp_nanos: "0" }])(
  "the offset %j is refused with its table's name",
  (offset) => {
    expect(() => placeOf(offset, "table public.users")).toThrow(/table public\.users has "/);
  },
);
