import { startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client.ts";
import type { FetchedRecords } from "../src/record-batch/decode.ts";
import { Producer } from "../src/producer.ts";
import { TopicLog } from "../src/topic-log.ts";
import type { TopicLogOptions } from "../src/topic-log.ts";
import { until } from "./support/group.ts";
import {
  KAFKA_VERSIONS,
  createTopic,
  numbers,
  produceNumbers,
  uniqueName,
  withProducer,
} from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;
  const warnings: string[] = [];

  beforeAll(async () => {
    // Compaction within the patience of a test.
    const properties = { "log.cleaner.backoff.ms": 100, "log.cleaner.min.cleanable.ratio": 0.01 };
    broker = await startKafka({ version, properties });
    servers = broker.bootstrapServers;
    client = new KafkaClient({
      bootstrapServers: [servers],
      log: (_level, message) => warnings.push(message),
    });
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  /** A log that remembers what it read. */
  function logOf(topic: string, options: TopicLogOptions = {}) {
    const values: string[] = [];
    const latest = new Map<string, string | null>();
    const chunks: FetchedRecords[] = [];
    const reader = (records: FetchedRecords): void => {
      chunks.push(records);
      for (let i = 0; i < records.length; i++) {
        values.push(records.valueText(i) ?? "");
        latest.set(records.keyText(i) ?? "", records.valueText(i));
      }
    };
    return { log: new TopicLog(client, topic, reader, options), values, latest, chunks };
  }

  test("start reads all there is; then the tail comes by itself", async () => {
    const topic = await createTopic(servers, { numPartitions: 3 });
    for (const p of [0, 1, 2]) await produceNumbers(servers, topic, p * 100, 50, p);
    const { log, values, chunks } = logOf(topic, { maxRecords: 20 });
    await using _ = log;
    await log.start();
    expect(log.partitionCount).toBe(3);
    expect(values).toHaveLength(150);
    expect(chunks.every(({ length }) => length <= 20)).toBe(true);
    const of = (p: number) => values.filter((value) => Math.floor(Number(value) / 100) === p);
    for (const p of [0, 1, 2]) expect(of(p)).toEqual(numbers(p * 100, p * 100 + 50));
    await produceNumbers(servers, topic, 250, 1, 2);
    await until(() => values.includes("250"));
  });

  test("readToEnd: everything that was written before the call is there after it", async () => {
    const topic = await createTopic(servers);
    const { log, values } = logOf(topic);
    await using _ = log;
    await log.start();
    for (let i = 0; i < 10; i++) {
      await produceNumbers(servers, topic, i, 1);
      await log.readToEnd();
      expect(values).toEqual(numbers(0, i + 1));
    }
    await Promise.all([log.readToEnd(), log.readToEnd(), log.readToEnd()]);
    const started = performance.now();
    await log.readToEnd();
    expect(performance.now() - started).toBeLessThan(300);
  });

  test("readPast: the reader has taken the record, whatever else there is to read", async () => {
    const topic = await createTopic(servers, { numPartitions: 2 });
    const { log, values } = logOf(topic);
    await using _ = log;
    await expect(log.readPast(0, 0)).rejects.toThrow("is not open");
    await log.start();
    const early = log.readPast(1, 2);
    await produceNumbers(servers, topic, 0, 3, 1);
    await early;
    expect(values).toEqual(numbers(0, 3));
    await log.readPast(1, 0);
    let passed = false;
    const later = log.readPast(1, 3).then(() => (passed = true));
    await produceNumbers(servers, topic, 10, 5, 0);
    await log.readPast(0, 4);
    expect(passed).toBe(false);
    const end = log.readPast(0, 5);
    const given = log.readPast(0, 5, AbortSignal.timeout(50));
    await expect(given).rejects.toThrow(/timeout/i);
    await produceNumbers(servers, topic, 3, 1, 1);
    await later;
    await log.close();
    await expect(end).rejects.toThrow("is not open");
  });

  test("aborted transactions: not read, and never waited for", async () => {
    const topic = await createTopic(servers);
    const { log, values } = logOf(topic, { isolation: "read_committed" });
    await using _ = log;
    await withProducer(
      servers,
      async (producer) => {
        for (let i = 0; i < 6; i++) {
          const transaction = await producer.transaction();
          await transaction.send({ topic, messages: [{ value: `${i}a` }, { value: `${i}b` }] });
          await (i % 2 === 0 ? transaction.commit() : transaction.abort());
          if (i === 1) await log.start();
          if (i > 1) await log.readToEnd();
        }
        // The log ends with the records and the marker of an aborted transaction.
        await expect
          .poll(async () => {
            await log.readToEnd();
            return values;
          })
          .toEqual(["0a", "0b", "2a", "2b", "4a", "4b"]);
        const open = await producer.transaction();
        await open.send({ topic, messages: [{ value: "open" }] });
        await log.readToEnd();
        expect(values).not.toContain("open");
        await open.commit();
        // The coordinator writes the marker after it has answered.
        await expect
          .poll(async () => {
            await log.readToEnd();
            return values.at(-1);
          })
          .toBe("open");
      },
      uniqueName("txn"),
    );
  });

  test("a compacted topic, gaps and tombstones included", async () => {
    const topic = await createTopic(servers, {
      configs: {
        "cleanup.policy": "compact",
        "segment.bytes": "1048576",
        "segment.ms": "100",
        "delete.retention.ms": "0",
      },
    });
    const put = (key: string, value: string | null) =>
      withProducer(servers, (producer) => producer.send({ topic, messages: [{ key, value }] }));
    for (let i = 0; i < 5; i++) for (const key of ["a", "b", "c"]) await put(key, `${key}${i}`);
    await put("b", null);
    await put("roll", "the segment, so that all before can be compacted");
    await new Promise((resolve) => setTimeout(resolve, 150));
    await put("last", "one");
    const read = async () => {
      const reading = logOf(topic);
      await reading.log.start();
      await reading.log.close();
      return reading;
    };
    await expect
      .poll(async () => (await read()).values.length, { timeout: 15_000 })
      .toBeLessThan(12);
    const { latest, chunks } = await read();
    expect(latest.get("a")).toBe("a4");
    expect(latest.get("b") ?? null).toBeNull();
    expect(latest.get("c")).toBe("c4");
    expect(latest.get("last")).toBe("one");
    const offsets = chunks.flatMap((chunk) => [...chunk.offsets.subarray(0, chunk.length)]);
    expect(offsets.at(-1)).toBe(17);
    expect(offsets.length).toBeLessThan(18);
  });

  test("a topic that is missing is waited for, and named when it does not come", async () => {
    const topic = uniqueName("late");
    const { log, values } = logOf(topic);
    await using _ = log;
    const started = log.start();
    await createTopic(servers, { topic });
    await started;
    await produceNumbers(servers, topic, 0, 1);
    await log.readToEnd();
    expect(values).toEqual(["0"]);

    const never = logOf(uniqueName("never"), { metadataTimeoutMs: 200 }).log;
    await expect(never.start()).rejects.toMatchObject({
      code: "UNKNOWN_TOPIC_OR_PARTITION",
      message: expect.stringContaining("did not appear within 200 ms; create it") as string,
    });
    await never.close();
  });

  test("what the reader throws reaches readToEnd; the record is handed to it again", async () => {
    const topic = await createTopic(servers);
    const taken: string[] = [];
    let refuse = true;
    const reader = (records: FetchedRecords): void => {
      for (let i = 0; i < records.length; i++) {
        if (refuse && records.valueText(i) === "3") throw new Error("not this one");
        taken.push(records.valueText(i) ?? "");
      }
    };
    await using log = new TopicLog(client, topic, reader, { maxRecords: 1 });
    await produceNumbers(servers, topic, 0, 6);
    await expect(log.start()).rejects.toThrow("not this one");
    expect(taken).toEqual(["0", "1", "2"]);
    refuse = false;
    await log.readToEnd();
    expect(taken).toEqual(numbers(0, 6));
  });

  test("closing ends what waits; a signal ends one wait only", async () => {
    const topic = await createTopic(servers);
    const { log } = logOf(topic);
    await expect(log.readToEnd()).rejects.toMatchObject({ code: "CLOSED" });
    await log.start();
    await expect(log.start()).rejects.toMatchObject({ code: "ILLEGAL_STATE" });
    const stop = new Error("stop");
    const abort = new AbortController();
    const aborted = log.readToEnd(abort.signal);
    const other = log.readToEnd();
    abort.abort(stop);
    await expect(aborted).rejects.toBe(stop);
    await other;
    const pending = log.readToEnd().catch((error: unknown) => error);
    await log.close();
    expect(await pending).toSatisfy(
      (end) => end === undefined || (end as Error).name === "KafkaError",
    );
    await expect(log.readToEnd()).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("past an open transaction: what was committed behind it is not missed", async () => {
    const topic = await createTopic(servers);
    const transactional = async (): Promise<Producer> => {
      const producer = new Producer(client, { transactionalId: uniqueName("t") });
      await producer.initTransactions();
      await producer.beginTransaction();
      return producer;
    };
    const write = async (producer: Producer, value: string): Promise<void> => {
      await client.metadata([topic]);
      const group = producer.group();
      group.append(topic, 0, -1, null, value);
      expect((await group.send()).error).toBeUndefined();
    };
    await using slow = await transactional();
    await using quick = await transactional();
    await write(slow, "open");
    await write(quick, "committed");
    await quick.commitTransaction();

    const { log, values } = logOf(topic, { isolation: "read_committed" });
    await using _ = log;
    await log.start();
    expect(values).toEqual([]);
    const past = log.readToStableEnd();
    await log.readToEnd();
    expect(values).toEqual([]);
    await slow.abortTransaction();
    await past;
    expect(values).toEqual(["committed"]);
    const over = AbortSignal.abort(new Error("no longer"));
    await expect(log.readToStableEnd(over)).rejects.toThrow("no longer");
  });
});
