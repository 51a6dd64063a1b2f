import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KafkaClient } from "../src/client.ts";
import { Fetcher } from "../src/fetcher.ts";
import type { FetcherOptions } from "../src/fetcher-options.ts";
import {
  KAFKA_VERSIONS,
  brokerOf,
  clientOf,
  createTopic,
  kafkajs,
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

  test("40 with every second one aborted: exactly 60 records are read", async () => {
    const topic = await createTopic(servers);
    const id = uniqueName("txn");
    await withProducer(
      servers,
      async (producer) => {
        for (let i = 0; i < 40; i++) {
          const transaction = await producer.transaction();
          const messages = [0, 1, 2].map((j) => ({ value: `${i}-${j}` }));
          await transaction.send({ topic, messages });
          if (i % 2 === 0) await transaction.commit();
          else await transaction.abort();
        }
      },
      id,
    );
    const committed = Array.from({ length: 20 }, (_, i) => [0, 1, 2].map((j) => `${2 * i}-${j}`));

    await using reader = fetcher({ isolation: "read_committed" });
    reader.assign([{ topic, partition: 0 }]);
    const chunks = await readToEnd(reader, [{ topic, partition: 0 }]);
    expect(valuesOf(chunks)).toEqual(committed.flat());
    // 120 records and 40 markers: the position has passed those at the end, too.
    expect(reader.position({ topic, partition: 0 })).toBe(160);

    await using dirty = fetcher();
    dirty.assign([{ topic, partition: 0 }]);
    expect(valuesOf(await readToEnd(dirty, [{ topic, partition: 0 }]))).toHaveLength(120);
  });

  test("an open transaction holds back what follows it, until it ends", async () => {
    const topic = await createTopic(servers);
    await using reader = fetcher({ isolation: "read_committed" });
    reader.assign([{ topic, partition: 0 }]);
    await withProducer(
      servers,
      async (producer) => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: "open" }] });
        await produceNumbers(servers, topic, 0, 3);
        const watermark = async () => {
          expect(await reader.poll(10, 100)).toEqual([]);
          return reader.highWatermark({ topic, partition: 0 });
        };
        await expect.poll(watermark, { timeout: 10_000 }).toBe(4);
        expect(reader.endOffset({ topic, partition: 0 })).toBe(0);
        await transaction.commit();
      },
      uniqueName("txn"),
    );
    expect(valuesOf(await readRecords(reader, 4))).toEqual(["open", "0", "1", "2"]);
  });

  test("aborted transactions of several producers, interleaved, over many small fetches", async () => {
    const topic = await createTopic(servers);
    const expected: string[] = [];
    const writers = await Promise.all(
      [0, 1, 2].map(async (n) => {
        const options = {
          transactionalId: uniqueName(`w${n}`),
          maxInFlightRequests: 1,
          idempotent: true,
        };
        const producer = kafkajs(servers).producer(options);
        await producer.connect();
        return producer;
      }),
    );
    for (let round = 0; round < 6; round++) {
      const transactions = await Promise.all(writers.map((writer) => writer.transaction()));
      for (const part of [0, 1])
        for (const [n, transaction] of transactions.entries()) {
          const value = `${round}-${n}-${part}`;
          await transaction.send({ topic, messages: [{ value }] });
          if ((round + n) % 2 === 0) expected.push(value);
        }
      for (const [n, transaction] of transactions.entries())
        await ((round + n) % 2 === 0 ? transaction.commit() : transaction.abort());
    }
    await Promise.all(writers.map((writer) => writer.disconnect()));
    await using reader = fetcher({
      isolation: "read_committed",
      maxBytes: 300,
      maxBufferedBytes: 900,
    });
    reader.assign([{ topic, partition: 0 }]);
    const chunks = await readToEnd(reader, [{ topic, partition: 0 }], 2);
    expect(valuesOf(chunks)).toEqual(expected);
  });
});
