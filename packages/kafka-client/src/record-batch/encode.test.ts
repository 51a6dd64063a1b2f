import * as fc from "fast-check";
import { expect, test } from "vitest";

import { buildBatch, type BuiltRecord } from "../../test/support/batch-builder.ts";
import type { Bytes, RecordHeader } from "../types.ts";
import { compress, type Codec } from "./compression.ts";
import { OpenBatch, RecordColumns } from "./decode.ts";
import { BatchEncoder, singleRecordBatchSize, type ProducerStamp } from "./encode.ts";

const memory = { take: (size: number) => Buffer.alloc(size, 0xee), give: () => {} };
const NO_PRODUCER: ProducerStamp = {
  producerId: -1,
  epoch: -1,
  baseSequence: -1,
  transactional: false,
};

interface Written {
  timestamp: number;
  key: Bytes;
  value: Bytes;
  headers: RecordHeader[];
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 80 }),
  // Around the lengths where a length prefix takes one byte more.
  fc.integer({ min: 55, max: 75 }).map((n) => "ä".repeat(n)),
  fc.integer({ min: 2700, max: 2740 }).map((n) => "€".repeat(n)),
  fc.integer({ min: 8180, max: 8200 }).map((n) => "x".repeat(n)),
  fc.constant("\ud800 alone"),
);
const bytes: fc.Arbitrary<Bytes> = fc.oneof(
  fc.constant(null),
  text,
  fc.uint8Array({ maxLength: 100 }),
);
const record: fc.Arbitrary<Written> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    fc.integer({ min: 0, max: 2 ** 51 }),
  ),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ key: text, value: bytes }), { maxLength: 4 }),
});

function encode(records: Written[], initialSize: number): BatchEncoder {
  const encoder = new BatchEncoder(memory, initialSize);
  for (const { timestamp, key, value, headers } of records)
    expect(encoder.append(timestamp, key, value, headers, Infinity)).toBe(true);
  return encoder;
}

const plain = (value: Bytes): string | null =>
  value === null ? null : Buffer.from(value as string).toString("latin1");

const flat = ({ timestamp, key, value, headers }: Written) => ({
  timestamp,
  key: plain(key),
  value: plain(value),
  headers: headers.map((h) => [Buffer.from(h.key).toString("utf8"), plain(h.value)]),
});

function decode(batch: Buffer, count: number) {
  const open = new OpenBatch("t", 0, batch, 0, true);
  const columns = new RecordColumns("t", 0, open.buffer, open.timestampType, count);
  open.read(columns, 0, count);
  expect(columns.length).toBe(count);
  return Array.from({ length: count }, (_, i) => {
    expect(columns.offsets[i]).toBe(i);
    return flat({
      timestamp: columns.timestamps[i]!,
      key: columns.key(i),
      value: columns.value(i),
      headers: [...columns.headers(i)],
    });
  });
}

test("what is encoded decodes to the same, in every codec and from any buffer size", () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 40 }),
      fc.constantFrom<Codec>("none", "gzip", "snappy", "lz4", "zstd"),
      fc.integer({ min: 0, max: 100_000 }),
      (records, codec, initialSize) => {
        const encoder = encode(records, initialSize);
        if (codec !== "none") encoder.replaceRecords(compress(codec, encoder.records));
        const batch = encoder.stamp(codec, NO_PRODUCER);
        expect(batch.length).toBe(encoder.size);
        expect(decode(batch, records.length)).toEqual(records.map(flat));
      },
    ),
    { numRuns: 300 },
  );
});

test("bytes are those of an encoder that shares no code with ours", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      const batch = encode(records, 256).stamp("none", NO_PRODUCER);
      const built: BuiltRecord[] = records.map(({ timestamp, key, value, headers }, offset) => ({
        offset,
        timestamp,
        key: key === null ? null : Buffer.from(key as string),
        value: value === null ? null : Buffer.from(value as string),
        headers: headers.map((h) => [
          Buffer.from(h.key).toString(),
          h.value === null ? null : Buffer.from(h.value as string),
        ]),
      }));
      const expected = buildBatch({ records: built });
      // Fields the other builder leaves to the broker: leader epoch, max timestamp.
      expect(batch.subarray(61).equals(expected.subarray(61))).toBe(true);
      expect(batch.subarray(21, 35).equals(expected.subarray(21, 35))).toBe(true);
      expect(batch.subarray(43, 61).equals(expected.subarray(43, 61))).toBe(true);
    }),
  );
});

test("the size of a lone record is known before it is written", () => {
  fc.assert(
    fc.property(record, ({ timestamp, key, value, headers }) => {
      const encoder = encode([{ timestamp, key, value, headers }], 256);
      expect(singleRecordBatchSize(key, value, headers)).toBe(encoder.size);
    }),
  );
});

test("a record beyond the limit leaves the batch as it was; one that just fits goes in", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 2, maxLength: 10 }), (records) => {
      const last = records.at(-1)!;
      const full = encode(records, 256).size;
      const encoder = encode(records.slice(0, -1), 256);
      const before = Buffer.from(encoder.stamp("none", NO_PRODUCER));
      const { timestamp, key, value, headers } = last;
      expect(encoder.append(timestamp, key, value, headers, full - 1)).toBe(false);
      expect(encoder.stamp("none", NO_PRODUCER).equals(before)).toBe(true);
      expect(encoder.append(timestamp, key, value, headers, full)).toBe(true);
      expect(encoder.size).toBe(full);
    }),
  );
});

test("the header carries the producer, and a new stamp only changes what it should", () => {
  const encoder = encode([{ timestamp: 5, key: "k", value: "v", headers: [] }], 256);
  const stamp = { producerId: 4_294_967_297, epoch: 3, baseSequence: 77, transactional: true };
  const batch = Buffer.from(encoder.stamp("none", stamp));
  expect(batch.readBigInt64BE(43)).toBe(4_294_967_297n);
  expect(batch.readInt16BE(51)).toBe(3);
  expect(batch.readInt32BE(53)).toBe(77);
  expect(batch.readInt16BE(21)).toBe(16);
  const again = encoder.stamp("none", { ...stamp, epoch: 4, baseSequence: 0 });
  expect(again.readInt16BE(51)).toBe(4);
  expect(decode(again, 1)).toEqual(decode(batch, 1));
});

test("the largest timestamp of a batch need not be the last", () => {
  const times = [100, 300, 200];
  const records = times.map((timestamp) => ({ timestamp, key: null, value: null, headers: [] }));
  const batch = encode(records, 256).stamp("none", NO_PRODUCER);
  expect(batch.readBigInt64BE(27)).toBe(100n);
  expect(batch.readBigInt64BE(35)).toBe(300n);
});

test("a batch grows by taking larger buffers and gives back the smaller ones", () => {
  const taken: Buffer[] = [];
  const given: Buffer[] = [];
  const source = {
    take: (size: number) => {
      const buffer = Buffer.alloc(size);
      taken.push(buffer);
      return buffer;
    },
    give: (buffer: Buffer) => void given.push(buffer),
  };
  const encoder = new BatchEncoder(source, 256);
  for (let i = 0; i < 1000; i++) encoder.append(0, null, "x".repeat(100), null, 1_000_000);
  expect(taken.length).toBeLessThan(15);
  encoder.release();
  expect(given).toEqual(taken);
});

test("headers that repeat are written as others are", () => {
  const header = fc.record({
    key: fc.constantFrom("a", "b", "ä"),
    value: fc.constantFrom("", "1", "€", null, "x".repeat(5000), Buffer.from("1")),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(header, { maxLength: 3 }), { maxLength: 6 }),
      fc.array(fc.nat(5), { maxLength: 20 }),
      fc.integer({ min: 256, max: 9000 }),
      (lists, order, size) => {
        const records = order.map((i) => ({
          timestamp: 0,
          key: null,
          value: "v",
          headers: lists[i] ?? [],
        }));
        // Bytes are never taken for those that came before.
        const asBytes = records.map(({ headers, ...rest }) => ({
          ...rest,
          headers: headers.map(({ key, value }) => ({
            key,
            value: typeof value === "string" ? Buffer.from(value) : value,
          })),
        }));
        const stamped = encode(records, size).stamp("none", NO_PRODUCER);
        expect(stamped.equals(encode(asBytes, size).stamp("none", NO_PRODUCER))).toBe(true);
      },
    ),
  );
});

test("bytes of a header may be others by the next record", () => {
  const value = Buffer.from("1");
  const encoder = new BatchEncoder(memory, 256);
  for (const digit of ["1", "1", "2"]) {
    value.write(digit);
    encoder.append(0, null, null, [{ key: "h", value }], Infinity);
  }
  const batch = encoder.stamp("none", NO_PRODUCER).toString("latin1");
  const values = batch.split("h\x02").slice(1);
  expect(values.map((text) => text[0])).toEqual(["1", "1", "2"]);
});
