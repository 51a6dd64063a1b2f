import {
  type Converter,
  DataError,
  type HeaderConverter,
  RetriableError,
  type SchemaAndValue,
} from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import { expect, it } from "vitest";
import { FakeDeadLetters, toleranceFor } from "../../test/support/failed-records.ts";
import { Interrupted } from "../errors/interrupted.ts";
import { TransformChain } from "../record/transform-chain.ts";
import { newCounters } from "../task/counters.ts";
import { readBatch } from "./read-batch.ts";
import { RecordReader } from "./record-reader.ts";

type Read = (text: string | null) => SchemaAndValue | Promise<SchemaAndValue>;

class TextConverter implements Converter, HeaderConverter {
  read: Read = (value) => ({ schema: null, value });
  config = () => ({});
  configure() {}
  fromConnectData = (): never => expect.fail("a sink does not write");
  fromConnectHeader = (): never => expect.fail("a sink does not write");
  toConnectData = (_t: string, _h: unknown, bytes: Uint8Array | null) =>
    this.read(bytes && Buffer.from(bytes).toString());
  toConnectHeader = this.toConnectData;
}

/** Fetched records of one partition, offsets from 10 on; of the columns only what is read here. */
function fetched(...values: (string | null)[]): FetchedRecords {
  return {
    topic: "t",
    partition: 3,
    length: values.length,
    offsets: Float64Array.from(values, (_, i) => 10 + i),
    timestamps: Float64Array.from(values, (_, i) => (i === 0 ? -1 : 1000 + i)),
    timestampType: "CreateTime",
    key: () => null,
    value: (i: number) => (values[i] === null ? null : Buffer.from(values[i]!)),
    headers: (i: number) => (i === 0 ? [{ key: "h", value: Buffer.from("1") }] : []),
  } as unknown as FetchedRecords;
}

function setUp(
  props: Record<string, string> = {},
  stopping = new AbortController().signal,
  deadLetters?: FakeDeadLetters,
) {
  const value = new TextConverter();
  const converters = {
    key: new TextConverter(),
    value,
    header: new TextConverter(),
    classNames: { key: "Key", value: "Value", header: "Header" },
  };
  const counters = newCounters();
  const apply = (r: { value: unknown }) => (r.value === "drop" ? null : r);
  const transformation = { config: () => ({}), configure() {}, apply: apply as never };
  const reader = new RecordReader(
    converters,
    new TransformChain([
      { transformation, predicate: undefined, negate: false, className: "Transformation" },
    ]),
    toleranceFor(props, { signal: stopping, counters, deadLetters }),
  );
  return { value, reader, counters };
}

it("makes sink records of what was fetched, tombstones included", async () => {
  const { reader, counters } = setUp();
  const { records, offsets } = await readBatch([fetched("a", null)], reader, counters);
  expect(
    records.map((r) => [r.topic, r.kafkaPartition, r.kafkaOffset, r.value, r.timestamp]),
  ).toEqual([
    ["t", 3, 10, "a", null],
    ["t", 3, 11, null, 1001],
  ]);
  expect([...(records[0]?.headers ?? [])]).toEqual([{ key: "h", schema: null, value: "1" }]);
  expect([...offsets]).toEqual([[{ topic: "t", partition: 3 }, 12]]);
});

it("moves the offset past what is filtered or skipped, and counts it", async () => {
  const { reader, value, counters } = setUp({ "errors.tolerance": "all" });
  value.read = (text) => {
    if (text === "bad") throw new DataError("not text");
    return text === "later"
      ? Promise.resolve({ schema: null, value: text })
      : { schema: null, value: text };
  };
  const parts = [fetched("a", "bad", "later", "drop")];
  const { records, offsets } = await readBatch(parts, reader, counters);
  expect(records.map((r) => r.value)).toEqual(["a", "later"]);
  expect([...offsets.values()]).toEqual([14]);
  expect(counters).toEqual({ read: 4, written: 0, filtered: 1, skipped: 1, deadLettered: 0 });
});

it("skips nothing when the stop cuts retries short", async () => {
  const stopping = new AbortController();
  const props = { "errors.tolerance": "all", "errors.retry.timeout": "-1" };
  const { reader, value, counters } = setUp(props, stopping.signal);
  value.read = () => {
    stopping.abort();
    throw new RetriableError("registry away");
  };
  await expect(readBatch([fetched("a")], reader, counters)).rejects.toThrow(Interrupted);
});

it("makes dead letters of the bytes that were fetched, and tells who could not read them", async () => {
  const deadLetters = new FakeDeadLetters();
  const props = { "errors.tolerance": "all" };
  const { reader, value, counters } = setUp(props, undefined, deadLetters);
  value.read = (text) => {
    if (text !== "good") throw new DataError("not text");
    return { schema: null, value: text };
  };
  const { records, offsets } = await readBatch([fetched("bad", "good", "worse")], reader, counters);
  expect(records.map((r) => r.value)).toEqual(["good"]);
  expect([...offsets.values()]).toEqual([13]);
  expect(counters).toMatchObject({ read: 3, skipped: 0, deadLettered: 0 });
  deadLetters.settle();
  await deadLetters.settled();
  expect(counters).toMatchObject({ read: 3, skipped: 0, deadLettered: 2 });
  expect(deadLetters.letters).toMatchObject([
    { stage: "VALUE_CONVERTER", className: "Value", error: { message: "not text" } },
    { stage: "VALUE_CONVERTER", className: "Value" },
  ]);
  const [first, second] = deadLetters.letters.map(({ origin }) => origin);
  expect(first!.describe()).toBe(", where consumed record is {topic='t', partition=3, offset=10}");
  expect(second!.describe()).toBe(
    ", where consumed record is {topic='t', partition=3, offset=12, timestamp=1002, timestampType=CreateTime}",
  );
  expect(await first!.letter()).toEqual({
    key: null,
    value: Buffer.from("bad"),
    timestampMs: -1,
    headers: [{ key: "h", value: Buffer.from("1") }],
    place: [
      ["topic", "t"],
      ["partition", "3"],
      ["offset", "10"],
    ],
  });
});
