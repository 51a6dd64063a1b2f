import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildBatch } from "../../test/support/batch-builder.ts";
import type { BuiltBatch, BuiltRecord } from "../../test/support/batch-builder.ts";
import { BatchCursor, fetchEnd } from "./batch-cursor.ts";
import type { AbortedTransaction } from "./batch-cursor.ts";
import { CODECS } from "./compression.ts";
import type { FetchedRecords } from "./decode.ts";

function cursorOver(
  batches: (BuiltBatch | Buffer)[],
  { position = 0, aborted = null as AbortedTransaction[] | null } = {},
): BatchCursor {
  const before = Buffer.from("what stands before in the response");
  const parts = batches.map((batch) => (Buffer.isBuffer(batch) ? batch : buildBatch(batch)));
  const buffer = Buffer.concat([before, ...parts, Buffer.from("behind")]);
  const end = buffer.length - 6;
  const data = { topic: "t", partition: 3, buffer, start: before.length, end, aborted };
  return new BatchCursor(data, position, true);
}

function drain(cursor: BatchCursor, max = 1000): FetchedRecords[] {
  const chunks: FetchedRecords[] = [];
  for (let chunk = cursor.next(max); chunk !== undefined; chunk = cursor.next(max))
    chunks.push(chunk);
  return chunks;
}

const offsetsOf = (chunks: FetchedRecords[]): number[] =>
  chunks.flatMap((c) => [...c.offsets.subarray(0, c.length)]);
const numbered = (from: number, to: number): BuiltRecord[] =>
  Array.from({ length: to - from }, (_, i) => ({ offset: from + i, value: `v${from + i}` }));

describe("columns", () => {
  test("keys, values, headers and timestamps come back as written", () => {
    const [chunk] = drain(
      cursorOver([
        {
          records: [
            {
              offset: 7,
              timestamp: 1_700_000_000_123,
              key: "k",
              value: "v",
              headers: [
                ["b", "1"],
                ["a", null],
                ["b", "2"],
                ["b", ""],
                ["", Buffer.from([0xff])],
              ],
            },
            { offset: 8, timestamp: 1_699_999_999_000, key: "", value: "" },
            { offset: 9, timestamp: 1_700_000_000_124, key: null, value: null },
          ],
        },
      ]),
    );
    expect(chunk).toMatchObject({
      topic: "t",
      partition: 3,
      length: 3,
      timestampType: "CreateTime",
    });
    expect([...chunk!.offsets]).toEqual([7, 8, 9]);
    expect([...chunk!.timestamps]).toEqual([
      1_700_000_000_123, 1_699_999_999_000, 1_700_000_000_124,
    ]);
    expect([0, 1, 2].map((i) => chunk!.key(i)?.toString() ?? null)).toEqual(["k", "", null]);
    expect([0, 1, 2].map((i) => chunk!.value(i)?.toString() ?? null)).toEqual(["v", "", null]);
    expect([0, 1, 2].map((i) => chunk!.keyText(i))).toEqual(["k", "", null]);
    expect([0, 1, 2].map((i) => chunk!.valueText(i))).toEqual(["v", "", null]);
    expect(chunk!.headers(0)).toEqual([
      { key: "b", value: Buffer.from("1") },
      { key: "a", value: null },
      { key: "b", value: Buffer.from("2") },
      { key: "b", value: Buffer.alloc(0) },
      { key: "", value: Buffer.from([0xff]) },
    ]);
    expect(chunk!.headers(1)).toBe(chunk!.headers(2));
    expect(chunk!.headers(1)).toEqual([]);
  });

  test("nothing is copied: a value is a view of the response", () => {
    const cursor = cursorOver([{ records: [{ offset: 0, value: "abc" }] }]);
    const chunk = cursor.next(1)!;
    expect(chunk.value(0)!.buffer).toBe(chunk.buffer.buffer);
    expect(chunk.buffer.subarray(chunk.valueStart[0], chunk.valueEnd[0]).toString()).toBe("abc");
  });

  test("any records survive any codec and any cut into polls", () => {
    const record = fc.record({
      gap: fc.nat(5),
      timestamp: fc.integer({ min: 0, max: 2 ** 44 }),
      key: fc.option(fc.uint8Array({ maxLength: 200 })),
      value: fc.option(fc.uint8Array({ maxLength: 200 })),
      headers: fc.array(
        fc.tuple(fc.string({ maxLength: 9 }), fc.option(fc.string({ maxLength: 99 }))),
        {
          maxLength: 4,
        },
      ),
    });
    const batch = fc.record({
      records: fc.array(record, { minLength: 1, maxLength: 20 }),
      codec: fc.constantFrom(...CODECS),
    });
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        (batches, max) => {
          let offset = 0;
          const built = batches.map(({ records, codec }) => ({
            codec,
            records: records.map((r) => ({
              offset: (offset += r.gap + 1),
              timestamp: r.timestamp,
              key: r.key === null ? null : Buffer.from(r.key),
              value: r.value === null ? null : Buffer.from(r.value),
              headers: r.headers,
            })),
          }));
          const chunks = drain(cursorOver(built), max);
          const read = chunks.flatMap((c) =>
            Array.from({ length: c.length }, (_, i) => ({
              offset: c.offsets[i],
              timestamp: c.timestamps[i],
              key: c.key(i),
              value: c.value(i),
              headers: c
                .headers(i)
                .map(({ key, value }) => [key, value === null ? null : String(value)]),
            })),
          );
          expect(read).toEqual(built.flatMap((b) => b.records));
          expect(chunks.every((c) => c.length > 0 && c.length <= max)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("uncompressed batches of one response make one chunk, up to max", () => {
    const batches = [0, 10, 20].map((from) => ({ records: numbered(from, from + 10) }));
    expect(drain(cursorOver(batches)).map((c) => c.length)).toEqual([30]);
    expect(drain(cursorOver(batches), 12).map((c) => c.length)).toEqual([12, 12, 6]);
  });

  test("log append time gives every record of the batch the batch's own timestamp", () => {
    const chunks = drain(
      cursorOver([
        {
          records: [
            { offset: 0, timestamp: 5 },
            { offset: 1, timestamp: 6 },
          ],
          appendTime: 99,
        },
        { records: [{ offset: 2, timestamp: 7 }] },
      ]),
    );
    expect(chunks.map((c) => c.timestampType)).toEqual(["LogAppendTime", "CreateTime"]);
    expect(chunks.flatMap((c) => [...c.timestamps.subarray(0, c.length)])).toEqual([99, 99, 7]);
  });
});

describe("position", () => {
  test("starts in the middle of a batch, and moves only past what was returned", () => {
    const cursor = cursorOver([{ records: numbered(0, 10) }], { position: 4 });
    expect(offsetsOf([cursor.next(2)!])).toEqual([4, 5]);
    expect(cursor.position).toBe(6);
    expect(offsetsOf([cursor.next(99)!])).toEqual([6, 7, 8, 9]);
    expect(cursor.position).toBe(10);
    expect(cursor.next(1)).toBeUndefined();
  });

  test("passes the gap a compacted batch ends with, and gaps within", () => {
    const cursor = cursorOver([
      { records: [{ offset: 3 }, { offset: 8 }], baseOffset: 0, lastOffset: 19 },
      { records: [], baseOffset: 20, lastOffset: 29 },
    ]);
    expect(offsetsOf([cursor.next(2)!])).toEqual([3, 8]);
    expect(cursor.position).toBe(20);
    expect(cursor.next(2)).toBeUndefined();
    expect(cursor.position).toBe(30);
  });

  test("a batch whose records all lie before the position is passed, then others read", () => {
    const cursor = cursorOver(
      [
        { records: [{ offset: 0 }], lastOffset: 9, codec: "gzip" },
        { records: numbered(10, 12), codec: "gzip" },
      ],
      { position: 5 },
    );
    expect(offsetsOf(drain(cursor))).toEqual([10, 11]);
  });

  test("a batch that the broker cut off is left for the next fetch", () => {
    const whole = buildBatch({ records: numbered(5, 9), leaderEpoch: 4 });
    const buffer = Buffer.concat([whole, buildBatch({ records: numbered(9, 12) }).subarray(0, 70)]);
    expect(fetchEnd(buffer, 0, buffer.length)).toEqual({ nextOffset: 9, leaderEpoch: 4 });
    expect(fetchEnd(buffer, whole.length, buffer.length)).toBeUndefined();
    const cursor = cursorOver([buffer]);
    expect(offsetsOf(drain(cursor))).toEqual([5, 6, 7, 8]);
    expect(cursor.position).toBe(9);
  });
});

describe("transactions", () => {
  const transactional = (producerId: number, from: number, to: number): BuiltBatch => ({
    records: numbered(from, to),
    producerId,
    transactional: true,
  });
  const end = (producerId: number, offset: number, control: "commit" | "abort"): BuiltBatch => ({
    records: [],
    baseOffset: offset,
    lastOffset: offset,
    producerId,
    transactional: true,
    control,
  });
  // Producer 1: aborts 0-1, commits 3-4, aborts 9-10. Producer 2 commits 6-7, interleaved.
  const log = [
    transactional(1, 0, 2),
    end(1, 2, "abort"),
    transactional(1, 3, 5),
    transactional(2, 6, 8),
    end(1, 5, "commit"),
    transactional(1, 9, 11),
    end(2, 8, "commit"),
    { records: numbered(12, 13) },
    end(1, 13, "abort"),
    transactional(1, 14, 15),
  ];
  const aborted = [
    { producerId: 1, firstOffset: 0 },
    { producerId: 1, firstOffset: 9 },
  ];

  test("read_committed leaves out every aborted transaction of a producer, and no other", () => {
    const cursor = cursorOver(log, { aborted });
    expect(offsetsOf(drain(cursor, 2))).toEqual([3, 4, 6, 7, 12, 14]);
    expect(cursor.position).toBe(15);
  });

  test("read_uncommitted hands out all but the markers", () => {
    expect(offsetsOf(drain(cursorOver(log)))).toEqual([0, 1, 3, 4, 6, 7, 9, 10, 12, 14]);
  });

  test("a transaction that was aborted before the position still counts", () => {
    const cursor = cursorOver(log.slice(5), {
      aborted: [{ producerId: 1, firstOffset: 2 }],
      position: 9,
    });
    expect(offsetsOf(drain(cursor))).toEqual([12, 14]);
  });

  test("the position passes trailing markers", () => {
    const cursor = cursorOver([transactional(1, 0, 1), end(1, 1, "commit")], { aborted: [] });
    expect(offsetsOf([cursor.next(1)!])).toEqual([0]);
    expect(cursor.position).toBe(1);
    expect(cursor.next(1)).toBeUndefined();
    expect(cursor.position).toBe(2);
  });
});

describe("damaged data", () => {
  const damaged = (change: (batch: Buffer) => void): Buffer => {
    const batch = buildBatch({ records: numbered(2, 5) });
    change(batch);
    return batch;
  };

  test("a wrong checksum is refused, named by partition and offset, after what stood before it", () => {
    const bad = damaged((batch) => batch.writeUInt8(0x55, batch.length - 3));
    const cursor = cursorOver([{ records: numbered(0, 2) }, bad]);
    expect(offsetsOf([cursor.next(99)!])).toEqual([0, 1]);
    expect(() => cursor.next(99)).toThrow(/batch at offset 2 of t-3.*checksum/);
    expect(() => cursor.next(99)).toThrow(expect.objectContaining({ code: "CORRUPT_MESSAGE" }));
    expect(cursor.position).toBe(2);
  });

  test.each([
    ["a record longer than the batch", 61, 0x7e],
    ["a record of length 0", 61, 0x00],
    ["a value longer than its record", 66, 0x7e],
  ])("%s", (_, at, byte) => {
    const batch = damaged((b) => b.writeUInt8(byte, at));
    const data = {
      topic: "t",
      partition: 0,
      buffer: batch,
      start: 0,
      end: batch.length,
      aborted: null,
    };
    expect(() => new BatchCursor(data, 0, false).next(9)).toThrow(
      /Could not read the batch at offset 2/,
    );
  });

  test("compressed data that does not decompress", () => {
    const batch = buildBatch({ records: numbered(2, 5), codec: "gzip" });
    batch.fill(0, 62);
    const data = {
      topic: "t",
      partition: 0,
      buffer: batch,
      start: 0,
      end: batch.length,
      aborted: null,
    };
    expect(() => new BatchCursor(data, 0, false).next(9)).toThrow(
      /gzip data that does not decompress/,
    );
  });

  test("message formats from before Kafka 0.11 are refused by name", () => {
    const cursor = cursorOver([{ records: numbered(0, 1), magic: 1 }]);
    expect(() => cursor.next(9)).toThrow(/t-3 from offset 0: the batch is in message format 1/);
  });
});
