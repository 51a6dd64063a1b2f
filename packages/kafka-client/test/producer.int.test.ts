import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Fetcher } from "../src/fetcher.ts";
import { Producer, type Bytes, type Delivery, type KafkaClient } from "../src/index.ts";
import type { ProducerOptions } from "../src/index.ts";
import {
  KAFKA_VERSIONS,
  brokerOf,
  clientOf,
  createTopic,
  kafkajs,
  readRecords,
  type TestBroker,
} from "./support/kafka.ts";
import { endOffsets, readAll } from "./support/read-back.ts";

describe.each(KAFKA_VERSIONS)("producer on Kafka %s", (version) => {
  let broker: TestBroker;
  let client: KafkaClient;
  beforeAll(async () => {
    broker = await brokerOf(version);
    client = clientOf(broker.bootstrapServers);
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  async function topicOf(options: Parameters<typeof createTopic>[1] = {}): Promise<string> {
    const topic = await createTopic(broker.bootstrapServers, options);
    await client.metadata([topic]);
    return topic;
  }

  async function send(
    topic: string,
    values: Bytes[],
    options: ProducerOptions = {},
  ): Promise<Delivery> {
    await using producer = new Producer(client, options);
    const group = producer.group();
    for (const value of values) group.append(topic, 0, -1, null, value);
    return await group.send();
  }

  test("50 concurrent idempotent sends of 10 records, over and over: all 500 land, once, in order", async () => {
    const topic = await topicOf({ numPartitions: 3 });
    await using producer = new Producer(client, { idempotent: true });
    for (let run = 0; run < 10; run++) {
      const deliveries = await Promise.all(
        Array.from({ length: 50 }, (_, i) => {
          const group = producer.group();
          for (let k = 0; k < 10; k++) group.append(topic, i % 3, -1, `${run}-${i}`, `${k}`);
          return group.send();
        }),
      );
      expect(deliveries.map(({ error }) => error)).toEqual(Array(50).fill(undefined));
    }
    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.length).toBe(5000);
    const sequences = new Map<string, string>();
    for (const { key, value } of records)
      sequences.set(String(key), (sequences.get(String(key)) ?? "") + String(value));
    expect(sequences.size).toBe(500);
    for (const sequence of sequences.values()) expect(sequence).toBe("0123456789");
  });

  test("a delivery tells the offset of every record", async () => {
    const topic = await topicOf({ numPartitions: 2 });
    await using producer = new Producer(client);
    const [a, b] = [producer.group(), producer.group()];
    // Two groups share the batches of two partitions.
    for (let i = 0; i < 100; i++) {
      a.append(topic, i % 2, -1, null, `a${i}`);
      b.append(topic, (i + 1) % 2, -1, null, `b${i}`);
    }
    const [ofA, ofB] = await Promise.all([a.send(), b.send()]);
    const records = await readAll(broker.bootstrapServers, topic);
    const at = (partition: number, offset: number) =>
      String(records.find((r) => r.partition === partition && r.offset === offset)?.value);
    for (const [name, { parts }] of [
      ["a", ofA],
      ["b", ofB],
    ] as const) {
      let seen = 0;
      for (const { partition, baseOffset, ranges } of parts) {
        let offset = baseOffset;
        for (let i = 0; i < ranges.length; i += 2)
          for (let index = ranges[i]!; index < ranges[i + 1]!; index++, seen++)
            expect(at(partition, offset++)).toBe(`${name}${index}`);
      }
      expect(seen).toBe(100);
    }
  });

  test("keys, values, headers and timestamps survive, empty and null ones too", async () => {
    const topic = await topicOf();
    const time = 1_600_000_000_123;
    await using producer = new Producer(client);
    const group = producer.group();
    const headers = [
      { key: "b", value: "2" },
      { key: "a", value: Buffer.from([0, 255]) },
      { key: "b", value: "1" },
      { key: "", value: "" },
      { key: "ž", value: "漢字" },
    ];
    group.append(topic, 0, time, "key", "value", headers);
    group.append(topic, 0, time + 1, "", "", []);
    group.append(topic, 0, time - 1, null, null, null);
    group.append(topic, 0, 0, Buffer.from("žlutý"), "漢字 🦆", [{ key: "n", value: null }]);
    const before = Date.now();
    group.append(topic, 0, -1, null, new Uint8Array([1, 2, 3]));
    expect((await group.send()).error).toBeUndefined();

    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.map(({ key, value }) => [key?.toString("hex"), value?.toString("hex")])).toEqual(
      [
        [hex("key"), hex("value")],
        ["", ""],
        [undefined, undefined],
        [hex("žlutý"), hex("漢字 🦆")],
        [undefined, "010203"],
      ],
    );
    expect(records.slice(0, 4).map(({ timestamp }) => timestamp)).toEqual([
      time,
      time + 1,
      time - 1,
      0,
    ]);
    expect(records[4]!.timestamp).toBeGreaterThanOrEqual(before - 1000);
    expect(records[4]!.timestamp).toBeLessThanOrEqual(Date.now());
    expect(
      records.map((record) => record.headers.map(([k, v]) => [k, v?.toString("hex")])),
    ).toEqual([
      // kafkajs moves duplicates together; our own fetcher, below, keeps the order.
      [
        ["b", hex("2")],
        ["b", hex("1")],
        ["a", "00ff"],
        ["", ""],
        ["ž", hex("漢字")],
      ],
      [],
      [],
      [["n", undefined]],
      [],
    ]);
    await using fetcher = new Fetcher(client, { offsetReset: "earliest" });
    fetcher.assign([{ topic, partition: 0 }]);
    const [chunk] = await readRecords(fetcher, 5);
    expect(
      chunk!.headers(0).map((h) => [h.key, Buffer.from(h.value as Uint8Array).toString("hex")]),
    ).toEqual([
      ["b", hex("2")],
      ["a", "00ff"],
      ["b", hex("1")],
      ["", ""],
      ["ž", hex("漢字")],
    ]);
  });

  test.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
    "%s batches are read by the broker, which compresses them anew, and by another client",
    async (compression) => {
      const topic = await topicOf({
        configs: { "compression.type": compression === "gzip" ? "zstd" : "gzip" },
      });
      const values = Array.from({ length: 20_000 }, (_, i) => `line ${i} of many lines`);
      const { error } = await send(topic, values, { compression, batchSize: 100_000 });
      expect(error).toBeUndefined();
      const records = await readAll(broker.bootstrapServers, topic);
      expect(records.map(({ value }) => String(value))).toEqual(values);
    },
  );

  test("a batch that the topic finds too large is split; a record that is fails alone", async () => {
    const topic = await topicOf({ configs: { "max.message.bytes": "20000" } });
    const values = Array.from({ length: 1000 }, (_, i) => `${i} `.padEnd(i === 500 ? 30_000 : 100));
    await using producer = new Producer(client);
    const group = producer.group();
    for (const value of values) group.append(topic, 0, -1, null, value);
    const { parts, error } = await group.send();
    expect(error).toMatchObject({ code: "MESSAGE_TOO_LARGE", retriable: false, topic });
    expect(error?.message).toMatch(/max.message.bytes/);
    const failed = parts.filter((part) => part.error !== undefined);
    expect(failed.map(({ ranges }) => ranges)).toEqual([[500, 501]]);
    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.map(({ value }) => String(value))).toEqual(values.filter((_, i) => i !== 500));
  });

  test("a record beyond max.request.size is refused at once and disturbs nothing", async () => {
    const topic = await topicOf();
    await using producer = new Producer(client, { maxRequestSize: 10_000 });
    const group = producer.group();
    group.append(topic, 0, -1, null, "before");
    expect(() => group.append(topic, 0, -1, null, "x".repeat(10_000))).toThrow(
      /more than max.request.size \(10000\)/,
    );
    group.append(topic, 0, -1, null, "after");
    expect(group.size).toBe(2);
    expect((await group.send()).error).toBeUndefined();
    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.map(({ value }) => String(value))).toEqual(["before", "after"]);
  });

  test("the broker's own time comes back where the topic uses it", async () => {
    const topic = await topicOf({ configs: { "message.timestamp.type": "LogAppendTime" } });
    const before = Date.now();
    const { parts } = await send(topic, ["a"]);
    expect(parts[0]!.timestampMs).toBeGreaterThanOrEqual(before - 1000);
    const { parts: own } = await send(await topicOf(), ["a"]);
    expect(own[0]!.timestampMs).toBe(-1);
  });

  test.each([0, 1, -1] as const)("acks=%d", async (acks) => {
    const topic = await topicOf();
    const values = Array.from({ length: 5000 }, (_, i) => `${i} `.padEnd(500));
    const { parts, error } = await send(topic, values, { acks, idempotent: false });
    expect(error).toBeUndefined();
    expect(parts[0]!.baseOffset).toBe(acks === 0 ? -1 : 0);
    await expect.poll(() => endOffsets(broker.bootstrapServers, topic)).toEqual([5000]);
    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.map(({ value }) => String(value))).toEqual(values);
  });

  test("a topic made anew under the same name is found", async () => {
    const topic = await topicOf();
    await using producer = new Producer(client);
    const write = async (value: string) => {
      const group = producer.group();
      group.append(topic, 0, -1, null, value);
      return await group.send();
    };
    expect((await write("old")).error).toBeUndefined();
    const admin = kafkajs(broker.bootstrapServers).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    await createTopic(broker.bootstrapServers, { topic });
    expect((await write("new")).error).toBeUndefined();
    const records = await readAll(broker.bootstrapServers, topic);
    expect(records.map(({ value }) => String(value))).toEqual(["new"]);
  });

  test("partitions added while producing are used as soon as metadata is", async () => {
    const topic = await topicOf();
    const admin = kafkajs(broker.bootstrapServers).admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await admin.disconnect();
    await using producer = new Producer(client);
    const group = producer.group();
    for (let partition = 0; partition < 3; partition++)
      group.append(topic, partition, -1, null, `${partition}`);
    expect((await group.send()).error).toBeUndefined();
    expect(client.partitionCount(topic)).toBe(3);
    expect(await endOffsets(broker.bootstrapServers, topic)).toEqual([1, 1, 1]);
  });

  test("keys go where another client's default partitioner puts them", async () => {
    const topic = await topicOf({ numPartitions: 7 });
    const keys = Array.from({ length: 200 }, (_, i) => `key ${i} žluť`);
    const other = kafkajs(broker.bootstrapServers).producer({ allowAutoTopicCreation: false });
    await other.connect();
    await other.send({ topic, messages: keys.map((key) => ({ key, value: "kafkajs" })) });
    await other.disconnect();
    await using producer = new Producer(client);
    const group = producer.group();
    for (const key of keys) group.append(topic, producer.partition(topic, key), -1, key, "ours");
    expect((await group.send()).error).toBeUndefined();
    const places = new Map<string, Set<number>>();
    for (const { key, partition } of await readAll(broker.bootstrapServers, topic))
      places.set(String(key), (places.get(String(key)) ?? new Set()).add(partition));
    expect([...places.values()].map(({ size }) => size)).toEqual(Array(200).fill(1));
  });

  test("records without a key spread over the partitions", async () => {
    const topic = await topicOf({ numPartitions: 4 });
    await using producer = new Producer(client, { batchSize: 1000 });
    const group = producer.group();
    for (let i = 0; i < 1000; i++)
      group.append(topic, producer.partition(topic, null), -1, null, "x".repeat(100));
    expect((await group.send()).error).toBeUndefined();
    const ends = await endOffsets(broker.bootstrapServers, topic);
    for (const end of ends) expect(end).toBeGreaterThan(50);
  });
});

const hex = (text: string): string => Buffer.from(text).toString("hex");
