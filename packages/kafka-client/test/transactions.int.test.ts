import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import {
  Admin,
  KafkaClient,
  Producer,
  ProducerFenced,
  type ProducerOptions,
} from "../src/index.ts";
import {
  KAFKA_VERSIONS,
  brokerOf,
  clientOf,
  createTopic,
  kafkajs,
  uniqueName,
  type TestBroker,
} from "./support/kafka.ts";
import { readAll } from "./support/read-back.ts";

describe.each(KAFKA_VERSIONS)("transactions on Kafka %s", (version) => {
  let broker: TestBroker;
  let client: KafkaClient;
  const opened: Producer[] = [];
  beforeAll(async () => {
    broker = await brokerOf(version);
    client = clientOf(broker.bootstrapServers);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((producer) => producer.close(0)));
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

  async function transactional(id: string, options: ProducerOptions = {}): Promise<Producer> {
    const producer = new Producer(client, { transactionalId: id, ...options });
    opened.push(producer);
    await producer.initTransactions();
    return producer;
  }

  function write(producer: Producer, topic: string, values: string[], partition = 0) {
    const group = producer.group();
    for (const value of values) group.append(topic, partition, -1, null, value);
    return group.send();
  }

  const valuesOf = async (topic: string, markers: number) => {
    await noneOpen(topic);
    const records = await readAll(broker.bootstrapServers, topic, { markers });
    return records.map(({ value }) => String(value));
  };

  /** The end of a transaction is answered before its markers are in the logs: waits for them. */
  async function noneOpen(topic: string): Promise<void> {
    await using admin = new Admin(client);
    const queries = Array.from({ length: client.partitionCount(topic) ?? 0 }, (_, partition) => ({
      topic,
      partition,
      spec: "latest" as const,
    }));
    const ends = async (isolation: "read_committed" | "read_uncommitted") => {
      const found = await admin.listOffsets(queries, isolation);
      return queries.map(({ partition }) => found.get(topic, partition));
    };
    await vi.waitFor(
      async () => expect(await ends("read_committed")).toEqual(await ends("read_uncommitted")),
      10_000,
    );
  }

  /** A committed record before the last marker: what a reader can wait for. */
  async function writeEnd(producer: Producer, topic: string): Promise<void> {
    await producer.beginTransaction();
    void write(producer, topic, ["end"]);
    await producer.commitTransaction();
  }

  test("40 transactions of 3, every second one aborted: exactly 60 records are read", async () => {
    const topic = await topicOf();
    const producer = await transactional(uniqueName("tx"));
    const committed: string[] = [];
    for (let i = 0; i < 40; i++) {
      await producer.beginTransaction();
      const values = [`${i}a`, `${i}b`, `${i}c`];
      const { error } = await write(producer, topic, values);
      expect(error).toBeUndefined();
      if (i % 2 === 0) await producer.commitTransaction();
      else await producer.abortTransaction();
      if (i % 2 === 0) committed.push(...values);
    }
    await writeEnd(producer, topic);
    expect(await valuesOf(topic, 1)).toEqual([...committed, "end"]);
  });

  test("a commit waits for records that are still on their way, in all partitions", async () => {
    const topic = await topicOf({ numPartitions: 3 });
    const producer = await transactional(uniqueName("tx"), { lingerMs: 1000 });
    await producer.beginTransaction();
    const sends = [0, 1, 2].map((partition) => write(producer, topic, ["a", "b"], partition));
    await producer.commitTransaction();
    for (const { error } of await Promise.all(sends)) expect(error).toBeUndefined();
    expect((await valuesOf(topic, 1)).length).toBe(6);
  });

  test("an abort drops what is not sent", async () => {
    const topic = await topicOf();
    const producer = await transactional(uniqueName("tx"), { lingerMs: 60_000 });
    await producer.beginTransaction();
    const dropped = write(producer, topic, ["dropped"]);
    await producer.abortTransaction();
    expect((await dropped).error?.code).toBe("TRANSACTION_ABORTED");
    await writeEnd(producer, topic);
    expect(await valuesOf(topic, 1)).toEqual(["end"]);
  });

  test("a transactional id taken over fences its former owner, and only that", async () => {
    const topic = await topicOf();
    const id = uniqueName("tx");
    const bystander = await transactional(uniqueName("tx"));
    const old = await transactional(id);
    await old.beginTransaction();
    expect((await write(old, topic, ["of a zombie"])).error).toBeUndefined();
    await bystander.beginTransaction();
    expect((await write(bystander, topic, ["of a bystander"])).error).toBeUndefined();

    const heir = await transactional(id);
    await heir.beginTransaction();
    expect((await write(heir, topic, ["of the heir"])).error).toBeUndefined();
    const refused = old.commitTransaction();
    await expect(refused).rejects.toThrow(ProducerFenced);
    await expect(refused).rejects.toMatchObject({ fatal: true, retriable: false });
    await expect(old.beginTransaction()).rejects.toThrow(ProducerFenced);
    await bystander.commitTransaction();
    await heir.commitTransaction();
    await writeEnd(heir, topic);
    expect(await valuesOf(topic, 1)).toEqual(["of a bystander", "of the heir", "end"]);
  });

  test("closing a producer that was fenced off is no failure: others have ended its transaction", async () => {
    const topic = await topicOf();
    const id = uniqueName("tx");
    const old = await transactional(id);
    await old.beginTransaction();
    expect((await write(old, topic, ["of a zombie"])).error).toBeUndefined();
    const heir = await transactional(id);
    await old.close();
    await writeEnd(heir, topic);
    expect(await valuesOf(topic, 1)).toEqual(["end"]);
  });

  test("a zombie that goes on writing is fenced, and nothing of it is read", async () => {
    const topic = await topicOf();
    const id = uniqueName("tx");
    const old = await transactional(id);
    await old.beginTransaction();
    expect((await write(old, topic, ["before"])).error).toBeUndefined();
    const heir = await transactional(id);
    expect((await write(old, topic, ["after"])).error).toMatchObject({ retriable: false });
    await expect(old.commitTransaction()).rejects.toMatchObject({ retriable: false });
    await expect(old.abortTransaction()).rejects.toThrow(ProducerFenced);
    await writeEnd(heir, topic);
    expect(await valuesOf(topic, 1)).toEqual(["end"]);
  });

  test("a failed record makes the transaction abort; the next one works, ids in sequence", async () => {
    const topic = await topicOf({ configs: { "max.message.bytes": "2000" } });
    const producer = await transactional(uniqueName("tx"));
    await producer.beginTransaction();
    expect((await write(producer, topic, ["fits"])).error).toBeUndefined();
    const { error } = await write(producer, topic, ["x".repeat(5000)]);
    expect(error?.code).toBe("MESSAGE_TOO_LARGE");
    expect(() => producer.group().append(topic, 0, -1, null, "more")).toThrow(/has to be aborted/);
    await expect(producer.commitTransaction()).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
    await producer.abortTransaction();
    for (const value of ["one", "two"]) {
      await producer.beginTransaction();
      expect((await write(producer, topic, [value])).error).toBeUndefined();
      await producer.commitTransaction();
    }
    expect(await valuesOf(topic, 1)).toEqual(["one", "two"]);
  });

  test("offsets are committed with the records, or not at all", async () => {
    const topic = await topicOf();
    const groupId = uniqueName("group");
    const producer = await transactional(uniqueName("tx"));
    const group = { groupId, generationId: -1, memberId: "", groupInstanceId: null };
    const admin = kafkajs(broker.bootstrapServers).admin();
    await admin.connect();
    const committed = async () =>
      (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0];
    try {
      await producer.beginTransaction();
      void write(producer, topic, ["a"]);
      await producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 7 }], group);
      await producer.abortTransaction();
      expect((await committed())?.offset).toBe("-1");
      await producer.beginTransaction();
      void write(producer, topic, ["b"]);
      const metadata = "by us";
      const offsets = [{ topic, partition: 0, offset: 2 ** 40 + 1, leaderEpoch: 0, metadata }];
      await producer.sendOffsetsToTransaction(offsets, group);
      await producer.commitTransaction();
      await expect.poll(committed).toMatchObject({ offset: `${2 ** 40 + 1}`, metadata });
    } finally {
      await admin.disconnect();
    }
    expect(await valuesOf(topic, 1)).toEqual(["b"]);
  });

  test("offsets of a member that is not in the group are refused", async () => {
    const topic = await topicOf();
    const producer = await transactional(uniqueName("tx"));
    const group = {
      groupId: uniqueName("group"),
      generationId: 3,
      memberId: "gone",
      groupInstanceId: null,
    };
    await producer.beginTransaction();
    await expect(
      producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 7 }], group),
    ).rejects.toMatchObject({ retriable: false });
    await producer.abortTransaction();
  });

  test("transactions without records change nothing", async () => {
    const topic = await topicOf();
    const producer = await transactional(uniqueName("tx"));
    for (let i = 0; i < 3; i++) {
      await producer.beginTransaction();
      if (i === 1) await producer.abortTransaction();
      else await producer.commitTransaction();
    }
    await writeEnd(producer, topic);
    expect(await valuesOf(topic, 1)).toEqual(["end"]);
  });

  test("methods out of order are refused with the state they met", async () => {
    const topic = await topicOf();
    const producer = new Producer(client, { transactionalId: uniqueName("tx") });
    opened.push(producer);
    await expect(producer.beginTransaction()).rejects.toThrow(/is uninitialized/);
    await producer.initTransactions();
    await expect(producer.initTransactions()).rejects.toThrow(/is ready/);
    await expect(producer.commitTransaction()).rejects.toThrow(/is ready/);
    expect(() => producer.group().append(topic, 0, -1, null, "x")).toThrow(/is ready/);
    const plain = new Producer(client);
    opened.push(plain);
    await expect(plain.beginTransaction()).rejects.toThrow(/no transactional.id/);
  });

  test("a transaction timeout that the broker does not allow is refused, with the remedy", async () => {
    const options = { transactionalId: uniqueName("tx"), transactionTimeoutMs: 2_000_000_000 };
    const producer = new Producer(client, options);
    opened.push(producer);
    await expect(producer.initTransactions()).rejects.toThrow(/transaction.max.timeout.ms/);
  });

  test("closing a producer aborts what it left open", async () => {
    const topic = await topicOf();
    const id = uniqueName("tx");
    const producer = await transactional(id);
    await producer.beginTransaction();
    expect((await write(producer, topic, ["open"])).error).toBeUndefined();
    await producer.close();
    const next = await transactional(uniqueName("tx"));
    await writeEnd(next, topic);
    expect(await valuesOf(topic, 1)).toEqual(["end"]);
  });
});
