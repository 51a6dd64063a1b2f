import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PartitionKeys } from "./partition-keys.ts";

const A = '["c",{"x":1,"y":"2"}]';
const B = '["c",{"y":"2","x":1}]';

function keysOf(
  records: readonly (readonly [key: string, value: string | null, timestamp?: number])[],
  { live = true } = {},
) {
  const keys = new PartitionKeys();
  if (live) keys.goLive();
  for (const [key, value, timestamp = 0] of records)
    keys.apply(Buffer.from(key), value === null ? null : Buffer.from(value), timestamp);
  return keys;
}

describe("one partition with several keys", () => {
  it("the one read last counts, and is written to", () => {
    const keys = keysOf([
      [A, '{"p":1}'],
      [B, '{"p":2}'],
    ]);
    expect([keys.value(A), keys.value(B), keys.key(A)]).toEqual(['{"p":2}', '{"p":2}', B]);
    expect(keys.keys(A).toSorted()).toEqual([A, B].toSorted());
    expect([...keys.entries("c")]).toEqual([[B, '{"p":2}']]);
  });

  it("live the one read last counts whatever the writer's clock says", () => {
    const keys = keysOf([
      [A, '{"p":1}', 9_000],
      [B, '{"p":2}', 1_000],
    ]);
    expect(keys.key(A)).toBe(B);
  });

  it("at start, when partitions of the topic come in any order, the later one counts", () => {
    const records = [
      [A, '{"p":1}', 9_000],
      [B, '{"p":2}', 1_000],
    ] as const;
    for (const order of [records, records.toReversed()])
      expect(keysOf(order, { live: false }).value(B)).toBe('{"p":1}');
  });

  it("a tombstone of one leaves the other, as compaction does", () => {
    const keys = keysOf([
      [A, '{"p":1}'],
      [B, '{"p":2}'],
      [B, null],
    ]);
    expect([keys.value(B), keys.key(B)]).toEqual(['{"p":1}', A]);
    keys.apply(Buffer.from(A), null, 0);
    expect([keys.value(B), keys.keys(B), [...keys.entries("c")]]).toEqual([undefined, [], []]);
  });
});

it("null partitions, big numbers and floats stay apart", () => {
  const keys = keysOf([
    ['["c",null]', '{"p":1}'],
    ['["c",{"n":9223372036854775807}]', '{"p":2.0}'],
    ['["c",{"n":9223372036854775806}]', '{"p":3}'],
  ]);
  expect(keys.value('["c",null]')).toBe('{"p":1}');
  expect(keys.value('["c",{"n":9223372036854775807}]')).toBe('{"p":2.0}');
  expect(keys.entries("c").size).toBe(3);
});

it("JSON's null is no offset", () => {
  const keys = keysOf([
    [A, '{"p":1}'],
    [A, "null"],
  ]);
  expect(keys.value(A)).toBeUndefined();
});

it.each<[string | Buffer, string | Buffer]>([
  ["no json", "{}"],
  ['["c"]', "{}"],
  ["[1,{}]", "{}"],
  ['["c",[]]', "{}"],
  ['["c",{},1]', "{}"],
  [Buffer.from([0x5b, 0xff]), "{}"],
  [A, "{"],
  [A, "7"],
  [A, "[]"],
  [A, Buffer.from([0x22, 0xff, 0x22])],
])("%s with %s is skipped, and said", (key, value) => {
  const keys = keysOf([[A, '{"p":1}']]);
  expect(keys.apply(Buffer.from(key), Buffer.from(value), 0)).toMatch(/^its (key|value) is not/);
  expect([...keys.entries("c")]).toEqual([[A, '{"p":1}']]);
});

it("after any history a restart finds what was there before", () => {
  const key = fc.constantFrom(A, B, '["c",{"x":2}]', '["d",null]');
  const value = fc.option(fc.nat(9).map((p) => `{"p":${p}}`));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value)), (records) => {
      const live = keysOf(records);
      // Each key's last record, in any order; timestamps are those of the writers.
      const stamped = records.map(([k, v], at) => [k, v, at] as const);
      const compacted = [...new Map(stamped.map((record) => [record[0], record])).values()];
      const again = keysOf(
        compacted.toSorted(([a], [b]) => (a < b ? 1 : -1)),
        { live: false },
      );
      for (const connector of ["c", "d"])
        expect(Object.fromEntries(again.entries(connector))).toEqual(
          Object.fromEntries(live.entries(connector)),
        );
    }),
  );
});
