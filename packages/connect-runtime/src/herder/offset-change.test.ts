import { Float64 } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOffset } from "../source/offset-json.ts";
import { type OffsetChange, sinkEntries, sourceEntries } from "./offset-change.ts";

const BIG = 9223372036854775807n;

describe("offsets of a source", () => {
  const entries = (...changes: OffsetChange[]) => [...sourceEntries("c", changes)];

  test("are stored as its tasks store them", () => {
    expect(
      entries(
        { partition: { table: "t", n: BIG }, offset: { lsn: -BIG - 1n, whole: new Float64(1) } },
        { partition: { file: "b" }, offset: null },
        { partition: null, offset: {} },
      ),
    ).toEqual([
      ['["c",{"table":"t","n":9223372036854775807}]', '{"lsn":-9223372036854775808,"whole":1.0}'],
      ['["c",{"file":"b"}]', null],
      ['["c",null]', "{}"],
    ]);
  });

  test("count once for each partition, however it is written", () => {
    const offset = { position: 1 };
    expect(
      entries(
        { partition: { Aa: 1, BB: 2 }, offset },
        // Two keys that Java's map keeps in the order they came in.
        { partition: { BB: 2, Aa: 1 }, offset: null },
      ),
    ).toEqual([['["c",{"BB":2,"Aa":1}]', null]]);
    expect(
      entries({ partition: { n: 1 }, offset }, { partition: { n: "1" }, offset }),
    ).toHaveLength(2);
  });

  test.each([
    [{ a: { b: 1 } }, "a contains MAP"],
    [{ a: [] }, "a contains ARRAY"],
    [{ a: 1, b: BIG + 1n }, "b contains class java.math.BigInteger"],
    [{ a: -BIG - 2n }, "a contains class java.math.BigInteger"],
  ])("are primitives: %o", (fields, what) => {
    const message = `Offsets may only contain primitive types as values, but field ${what}`;
    expect(() => entries({ partition: fields, offset: null })).toThrow(message);
    expect(() => entries({ partition: {}, offset: fields })).toThrow(message);
  });

  test("reach the connector as they were given", () => {
    const value = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.maxSafeInteger().map((n) => n + 0),
      fc.bigInt({ min: 2n ** 53n, max: BIG }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
    );
    const fields = fc.dictionary(fc.string(), value, { noNullPrototype: true });
    fc.assert(
      fc.property(fields, fields, (partition, offset) => {
        const [[key, stored] = []] = entries({ partition, offset });
        expect(parseOffset(key!)).toEqual(["c", partition]);
        expect(parseOffset(stored!)).toEqual(offset);
      }),
    );
  });
});

describe("offsets of a sink", () => {
  const at = (partition: unknown, offset: unknown): OffsetChange => ({
    partition: { kafka_topic: "t", kafka_partition: partition },
    offset: { kafka_offset: offset },
  });

  test.each([
    [at(0, 5), { topic: "t", partition: 0, offset: 5 }],
    [at("10", "+7"), { topic: "t", partition: 10, offset: 7 }],
    [at(0, -1), { topic: "t", partition: 0, offset: -1 }],
    [at(2 ** 31 - 1, 2 ** 53 - 1), { topic: "t", partition: 2 ** 31 - 1, offset: 2 ** 53 - 1 }],
    [
      { ...at(0, 0), offset: null },
      { topic: "t", partition: 0, offset: null },
    ],
    [
      { partition: { kafka_topic: 7, kafka_partition: 0, more: [] }, offset: null },
      { topic: "7", partition: 0, offset: null },
    ],
  ])("%o", (change, entry) => {
    expect(sinkEntries([change])).toEqual([entry]);
  });

  test("count once for each partition", () => {
    expect(sinkEntries([at(0, 1), at(1, 1), at("0", 2)])).toEqual([
      { topic: "t", partition: 0, offset: 2 },
      { topic: "t", partition: 1, offset: 1 },
    ]);
  });

  const noPartition = (value: string) =>
    `Failed to parse the following Kafka partition value in the provided offsets: '${value}'. Partition values for sink connectors need to be integers.`;
  const noOffset = (value: string) =>
    `Failed to parse the following Kafka offset value in the provided offsets: '${value}'. Offset values for sink connectors need to be integers.`;

  test.each<[OffsetChange, string]>([
    [
      { partition: null, offset: null },
      "The partition for a sink connector offset cannot be null or missing",
    ],
    [
      { partition: { kafka_topic: "t" }, offset: null },
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    ],
    [
      { partition: { kafka_topic: null, kafka_partition: 0 }, offset: null },
      "Kafka topic names must be valid strings and may not be null",
    ],
    [at(null, 0), "Kafka partitions must be valid numbers and may not be null"],
    [at("abc", 0), noPartition("abc")],
    [at("", 0), noPartition("")],
    [at(" 1", 0), noPartition(" 1")],
    [at(new Float64(1), 0), noPartition("1.0")],
    [at(2 ** 31, 0), noPartition("2147483648")],
    [at(true, 0), noPartition("true")],
    [
      { ...at(0, 0), offset: {} },
      "The offset for a sink connector should either be null or contain the key 'kafka_offset'",
    ],
    [at(0, null), noOffset("null")],
    [at(0, 1.5), noOffset("1.5")],
    [at(0, "1e3"), noOffset("1e3")],
    [at(0, 2n ** 63n), noOffset("9223372036854775808")],
    [
      at(0, 2n ** 53n),
      "The Kafka offset 9007199254740992 in the provided offsets is too large: no partition has more than 9007199254740991 records",
    ],
  ])("are refused: %o", (change, message) => {
    // Partitions are looked at one after the other.
    expect(() => sinkEntries([at(0, 1), change, at("later", 1)])).toThrow(
      expect.objectContaining({
        message,
        javaName: "org.apache.kafka.connect.runtime.rest.errors.BadRequestException",
      }),
    );
  });
});
