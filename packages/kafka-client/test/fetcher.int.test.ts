import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KafkaClient } from "../src/client.ts";
import { Fetcher } from "../src/fetcher.ts";
import type { FetcherOptions } from "../src/fetcher-options.ts";
import { buildBatch } from "./support/batch-builder.ts";
import {
  KAFKA_VERSIONS,
  brokerOf,
  clientOf,
  createTopic,
  deleteTopic,
  numbers,
  offsetsOf,
  produceBatch,
  produceNumbers,
  readRecords,
  readToEnd,
  uniqueName,
  valuesOf,
  withProducer,
} from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;

  beforeAll(async () => {
    broker = await brokerOf(version);
    servers = broker.bootstrapServers;
    client = clientOf(servers);
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  const fetcher = (options: FetcherOptions = {}): Fetcher =>
    new Fetcher(client, { offsetReset: "earliest", ...options });

  describe("records", () => {
    test("kafkajs writes, we read: keys, values, headers, timestamps", async () => {
      const topic = await createTopic(servers);
      await withProducer(servers, (producer) =>
        producer.send({
          topic,
          messages: [
            {
              key: "k1",
              value: "v1",
              timestamp: "1700000000001",
              headers: { a: "1", b: ["2", "3"] },
            },
            { key: "", value: "", timestamp: "1600000000000" },
            { key: null, value: null, timestamp: "1700000000002" },
            { key: Buffer.from([0xff, 0]), value: Buffer.from([0, 0xff]), headers: { e: "" } },
          ],
        }),
      );
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      const [chunk] = await readRecords(reader, 4);
      expect(chunk).toMatchObject({ topic, partition: 0, length: 4, timestampType: "CreateTime" });
      expect([0, 1, 2].map((i) => chunk?.keyText(i))).toEqual(["k1", "", null]);
      expect([0, 1, 2].map((i) => chunk?.valueText(i))).toEqual(["v1", "", null]);
      expect(chunk?.key(3)).toEqual(Buffer.from([0xff, 0]));
      expect(chunk?.value(3)).toEqual(Buffer.from([0, 0xff]));
      expect(chunk?.timestamps.slice(0, 3)).toEqual(
        new Float64Array([1_700_000_000_001, 1_600_000_000_000, 1_700_000_000_002]),
      );
      expect(chunk?.headers(0)).toEqual([
        { key: "a", value: Buffer.from("1") },
        { key: "b", value: Buffer.from("2") },
        { key: "b", value: Buffer.from("3") },
      ]);
      expect(chunk?.headers(3)).toEqual([{ key: "e", value: Buffer.alloc(0) }]);
    });

    test("header order, duplicates and null values survive", async () => {
      const topic = await createTopic(servers);
      const headers: [string, string | null][] = [
        ["b", "1"],
        ["a", null],
        ["b", "2"],
        ["", "no name"],
        ["b", "1"],
      ];
      await produceBatch(client, topic, 0, buildBatch({ records: [{ offset: 0, headers }] }));
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      const [chunk] = await readRecords(reader, 1);
      expect(
        chunk?.headers(0).map(({ key, value }) => [key, value === null ? null : String(value)]),
      ).toEqual(headers);
    });

    test.each(["gzip", "snappy", "lz4", "zstd"])("%s as the broker writes it", async (codec) => {
      // The broker writes the records anew, with Java's codecs.
      const topic = await createTopic(servers, { configs: { "compression.type": codec } });
      const text = "abcdefghij".repeat(2000);
      const messages = Array.from({ length: 50 }, (_, i) => ({
        key: `k${i}`,
        value: `${i}${text}`,
      }));
      await withProducer(servers, (producer) => producer.send({ topic, messages }));
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      const chunks = await readRecords(reader, 50, 30_000, 7);
      expect(valuesOf(chunks)).toEqual(messages.map(({ value }) => value));
      expect(chunks.every((chunk) => chunk.length <= 7)).toBe(true);
    });

    test("log append time", async () => {
      const before = Date.now();
      const topic = await createTopic(servers, {
        configs: { "message.timestamp.type": "LogAppendTime" },
      });
      await produceNumbers(servers, topic, 0, 2);
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      const [chunk] = await readRecords(reader, 2);
      expect(chunk?.timestampType).toBe("LogAppendTime");
      expect(chunk?.timestamps[0]).toBeGreaterThanOrEqual(before);
      expect(chunk?.timestamps[1]).toBe(chunk?.timestamps[0]);
    });

    test("a record above every limit comes all the same", async () => {
      const topic = await createTopic(servers);
      const big = "x".repeat(300_000);
      await withProducer(servers, (producer) =>
        producer.send({ topic, messages: [{ value: big }, { value: "small" }] }),
      );
      await using reader = fetcher({ maxBytes: 1000, maxPartitionBytes: 1000 });
      reader.assign([{ topic, partition: 0 }]);
      expect(valuesOf(await readRecords(reader, 2))).toEqual([big, "small"]);
    });
  });

  describe("positions", () => {
    // Of the old one 6 are read: the new one ends before that, or has other records there.
    test.each([3, 9])("a topic made anew, of %i records, is read from its start", async (count) => {
      const topic = await createTopic(servers);
      await produceNumbers(servers, topic, 0, 6);
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      await readRecords(reader, 6);
      await deleteTopic(servers, topic);
      await createTopic(servers, { topic });
      await produceNumbers(servers, topic, 100, count);
      const expected = numbers(100, 100 + count);
      expect(valuesOf(await readRecords(reader, count, 20_000))).toEqual(expected);

      await using strict = fetcher({ offsetReset: "none" });
      strict.assign([{ topic, partition: 0, offset: 2 }]);
      await readRecords(strict, count - 2);
      await deleteTopic(servers, topic);
      await createTopic(servers, { topic });
      await produceNumbers(servers, topic, 200, count);
      await expect(readRecords(strict, count, 20_000)).rejects.toThrow(/was deleted and made anew/);
    });

    test("out of range: earliest, latest, none", async () => {
      const topic = await createTopic(servers);
      await produceNumbers(servers, topic, 0, 5);
      const partition = { topic, partition: 0 };

      await using earliest = fetcher({ offsetReset: "earliest" });
      earliest.assign([{ ...partition, offset: 99 }]);
      expect(valuesOf(await readRecords(earliest, 5))).toEqual(numbers(0, 5));

      await using latest = fetcher({ offsetReset: "latest" });
      latest.assign([{ ...partition, offset: 99 }]);
      await expect.poll(() => latest.poll(1, 50).then(() => latest.position(partition))).toBe(5);

      await using none = fetcher({ offsetReset: "none" });
      none.assign([{ ...partition, offset: 99 }]);
      for (let i = 0; i < 2; i++)
        await expect(none.poll(10, 5000)).rejects.toMatchObject({
          code: "OFFSET_OUT_OF_RANGE",
          message: expect.stringContaining(`fetch from offset 99 of ${topic}-0`) as string,
        });
      none.seek(partition, 3);
      expect(valuesOf(await readRecords(none, 2))).toEqual(numbers(3, 5));
    });

    test("no offset: the policy decides, or the poll says so", async () => {
      const topic = await createTopic(servers);
      await produceNumbers(servers, topic, 0, 5);
      await using none = fetcher({ offsetReset: "none" });
      none.assign([{ topic, partition: 0 }]);
      await expect(none.poll(10, 1000)).rejects.toMatchObject({ code: "NO_OFFSET_FOR_PARTITION" });
      await using latest = fetcher({ offsetReset: "latest" });
      latest.assign([{ topic, partition: 0 }]);
      expect(await latest.resolvePosition({ topic, partition: 0 })).toBe(5);
      expect(await latest.poll(10, 50)).toEqual([]);
      await produceNumbers(servers, topic, 5, 1);
      expect(valuesOf(await readRecords(latest, 1))).toEqual(["5"]);
    });

    test("a duration: the first record that is young enough, else the end", async () => {
      const topic = await createTopic(servers);
      const old = String(Date.now() - 3_600_000);
      await withProducer(servers, (producer) =>
        producer.send({
          topic,
          messages: [{ value: "old", timestamp: old }, { value: "young" }],
        }),
      );
      await using reader = fetcher({ offsetReset: { durationMs: 600_000 } });
      reader.assign([{ topic, partition: 0 }]);
      expect(valuesOf(await readRecords(reader, 1))).toEqual(["young"]);
      await using late = fetcher({ offsetReset: { durationMs: -600_000 } });
      late.assign([{ topic, partition: 0 }]);
      expect(await late.resolvePosition({ topic, partition: 0 })).toBe(2);
    });

    test("seek forward, back, to the ends, in the middle of what is buffered", async () => {
      const topic = await createTopic(servers);
      const partition = { topic, partition: 0 };
      await produceNumbers(servers, topic, 0, 100);
      await using reader = fetcher();
      reader.assign([partition]);
      expect(valuesOf(await reader.poll(3, 5000))).toEqual(numbers(0, 3));
      reader.seek(partition, 50);
      expect(reader.position(partition)).toBe(50);
      expect(valuesOf(await reader.poll(3, 5000))).toEqual(numbers(50, 53));
      reader.seek(partition, 1);
      expect(valuesOf(await reader.poll(2, 5000))).toEqual(numbers(1, 3));
      reader.seek(partition, "latest");
      expect(await reader.poll(3, 300)).toEqual([]);
      reader.seek(partition, "earliest");
      expect(valuesOf(await readRecords(reader, 100))).toEqual(numbers(0, 100));
      expect(() => reader.seek({ topic, partition: 7 }, 0)).toThrow(/No current assignment/);
    });

    test("the position moves past what was returned, and no further", async () => {
      const topic = await createTopic(servers);
      const partition = { topic, partition: 0 };
      await produceNumbers(servers, topic, 0, 10);
      await using reader = fetcher();
      reader.assign([{ ...partition, offset: 0 }]);
      expect(reader.position(partition)).toBe(0);
      await reader.poll(4, 5000);
      expect(reader.position(partition)).toBe(4);
      expect(reader.committable(partition)).toEqual({ offset: 4, leaderEpoch: 0 });
      expect(reader.endOffset(partition)).toBe(10);
    });
  });

  describe("assignment", () => {
    test("partitions come and go; each has its own position", async () => {
      const topic = await createTopic(servers, { numPartitions: 3 });
      for (const p of [0, 1, 2]) await produceNumbers(servers, topic, p * 10, 5, p);
      await using reader = fetcher();
      reader.assign([
        { topic, partition: 0, offset: 3 },
        { topic, partition: 1 },
      ]);
      const first = valuesOf(await readRecords(reader, 7));
      expect(new Set(first)).toEqual(new Set([...numbers(10, 15), "3", "4"]));
      reader.unassign([{ topic, partition: 0 }]);
      reader.assign([{ topic, partition: 2, offset: 4 }]);
      await produceNumbers(servers, topic, 99, 1, 0);
      const ends = [1, 2].map((partition) => ({ topic, partition }));
      expect(valuesOf(await readToEnd(reader, ends))).toEqual(["24"]);
      expect(reader.assignment()).toEqual([
        { topic, partition: 1 },
        { topic, partition: 2 },
      ]);
    });

    test("paused partitions give nothing, others go on; resumed they go on where they were", async () => {
      const topic = await createTopic(servers, { numPartitions: 2 });
      const [zero, one] = [0, 1].map((partition) => ({ topic, partition }));
      await produceNumbers(servers, topic, 0, 100, 0);
      await produceNumbers(servers, topic, 100, 100, 1);
      // So small that what a paused partition has buffered would fill it.
      await using reader = fetcher({ maxBytes: 600, maxBufferedBytes: 1800 });
      reader.assign([zero!, one!]);
      const first = await readRecords(reader, 20, 10_000, 10);
      reader.pause([zero!]);
      expect(reader.paused()).toEqual([zero]);
      const rest = await readToEnd(reader, [one!], 10);
      expect(new Set(rest.map(({ partition }) => partition))).toEqual(new Set([1]));
      reader.resume([zero!]);
      const last = await readToEnd(reader, [zero!], 10);
      const of = (p: number) =>
        valuesOf([...first, ...rest, ...last].filter(({ partition }) => partition === p));
      expect(of(0)).toEqual(numbers(0, 100));
      expect(of(1)).toEqual(numbers(100, 200));
    });

    test("every partition gets its turn", async () => {
      const topic = await createTopic(servers, { numPartitions: 4 });
      const batch = buildBatch({
        records: Array.from({ length: 50 }, (_, i) => ({ offset: i, value: "x".repeat(20) })),
      });
      for (const partition of [0, 1, 2, 3])
        for (let i = 0; i < 6; i++) await produceBatch(client, topic, partition, batch);
      await using reader = fetcher({ maxBytes: 3000, maxPartitionBytes: 3000 });
      reader.assign([0, 1, 2, 3].map((partition) => ({ topic, partition, offset: 0 })));
      const seen = new Set<number>();
      for (let read = 0; read < 600;)
        for (const chunk of await reader.poll(100, 5000)) {
          read += chunk.length;
          seen.add(chunk.partition);
        }
      expect(seen.size).toBe(4);
    });

    test("a topic that appears later is read then", async () => {
      const topic = uniqueName("later");
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0 }]);
      expect(await reader.poll(10, 300)).toEqual([]);
      await createTopic(servers, { topic });
      await produceNumbers(servers, topic, 0, 3);
      expect(valuesOf(await readRecords(reader, 3))).toEqual(numbers(0, 3));
    });
  });

  describe("polls", () => {
    test("return nothing after the timeout, and records at once when they come", async () => {
      const topic = await createTopic(servers);
      await using reader = fetcher();
      reader.assign([{ topic, partition: 0, offset: 0 }]);
      const started = Date.now();
      expect(await reader.poll(10, 250)).toEqual([]);
      expect(Date.now() - started).toBeGreaterThanOrEqual(245);
      const poll = reader.poll(10, 20_000);
      await produceNumbers(servers, topic, 0, 1);
      expect(valuesOf(await poll)).toEqual(["0"]);
    });

    test("end on a signal, on wakeup and on close", async () => {
      const topic = await createTopic(servers);
      const reader = fetcher();
      reader.assign([{ topic, partition: 0, offset: 0 }]);
      const stop = new Error("stop");
      await expect(reader.poll(1, 1000, AbortSignal.abort(stop))).rejects.toBe(stop);
      const abort = new AbortController();
      const aborted = reader.poll(1, 60_000, abort.signal);
      abort.abort(stop);
      await expect(aborted).rejects.toBe(stop);
      const woken = reader.poll(1, 60_000);
      await expect(reader.poll(1, 10)).rejects.toMatchObject({ code: "ILLEGAL_STATE" });
      reader.wakeup();
      expect(await woken).toEqual([]);
      const closed = reader.poll(1, 60_000);
      await reader.close();
      await expect(closed).rejects.toMatchObject({ code: "CLOSED" });
    });

    test("what is fetched ahead stays within bounds", async () => {
      const topic = await createTopic(servers);
      const value = "x".repeat(10_000);
      for (let i = 0; i < 4; i++)
        await withProducer(servers, (producer) =>
          producer.send({ topic, messages: Array.from({ length: 60 }, () => ({ value })) }),
        );
      await using reader = fetcher({ maxBytes: 200_000, maxBufferedBytes: 700_000 });
      reader.assign([{ topic, partition: 0, offset: 0 }]);
      let read = 0;
      while (read < 240) {
        for (const chunk of await reader.poll(5, 5000)) read += chunk.length;
        expect(reader.bufferedBytes).toBeLessThan(700_000 + 600_000);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(offsetsOf(await reader.poll(1, 100))).toEqual([]);
      expect(reader.bufferedBytes).toBe(0);
    });
  });
});
