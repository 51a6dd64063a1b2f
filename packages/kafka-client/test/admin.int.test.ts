import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Admin } from "../src/admin.ts";
import { unwrap } from "../src/admin-settle.ts";
import type { KafkaClient } from "../src/client.ts";
import { TestConsumer } from "./support/group.ts";
import {
  KAFKA_VERSIONS,
  brokerOf,
  clientOf,
  kafkajs,
  produceNumbers,
  uniqueName,
  withProducer,
} from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;
  let admin: Admin;

  beforeAll(async () => {
    broker = await brokerOf(version);
    servers = broker.bootstrapServers;
    client = clientOf(servers);
    admin = new Admin(client);
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  const newTopic = async (
    partitions = 1,
    configs: Record<string, string> = {},
  ): Promise<string> => {
    const name = uniqueName("admin");
    unwrap((await admin.createTopics([{ name, partitions, configs }])).get(name), name);
    await client.metadata([name]);
    // A broker may know a topic's partitions a moment before its settings.
    await expect
      .poll(async () => (await admin.describeConfigs("topic", [name])).get(name))
      .toBeInstanceOf(Map);
    return name;
  };

  test("describeCluster", async () => {
    const cluster = await admin.describeCluster();
    expect(cluster.clusterId).toBe(await client.clusterId());
    expect(cluster.brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([servers]);
    expect(cluster.brokers[0]?.nodeId).toBe(cluster.controllerId);
  });

  describe("topics", () => {
    test("are created as asked, or with the broker's defaults, and described", async () => {
      const [plain, asked] = [uniqueName("plain"), uniqueName("asked")];
      const created = await admin.createTopics([
        { name: plain },
        {
          name: asked,
          partitions: 3,
          replicationFactor: 1,
          configs: { "cleanup.policy": "compact" },
        },
      ]);
      expect(created.get(plain)).toMatchObject({ partitions: 1, replicationFactor: 1 });
      expect(created.get(asked)).toMatchObject({ partitions: 3 });
      const described = await admin.describeTopics([plain, asked, "is-not-there"]);
      expect(described.get(asked)).toMatchObject({
        topic: asked,
        topicId: "topicId" in created.get(asked)! ? unwrap(created.get(asked), asked).topicId : "",
        internal: false,
        partitions: [{ partition: 0 }, { partition: 1 }, { partition: 2 }],
      });
      expect(described.get("is-not-there")).toMatchObject({ code: "UNKNOWN_TOPIC_OR_PARTITION" });
      expect(await admin.listTopics()).toEqual(expect.arrayContaining([plain, asked]));
      expect(await admin.listTopics()).not.toContain("__consumer_offsets");
    });

    test("each has its own outcome", async () => {
      const [exists, fresh, odd] = [await newTopic(), uniqueName("fresh"), "no spaces allowed"];
      const outcomes = await admin.createTopics([
        { name: exists },
        { name: odd },
        { name: fresh },
        { name: `${fresh}-2`, replicationFactor: 7 },
        { name: `${fresh}-3`, configs: { "retention.ms": "soon" } },
      ]);
      expect(outcomes.get(exists)).toMatchObject({ code: "TOPIC_ALREADY_EXISTS", topic: exists });
      expect(outcomes.get(odd)).toMatchObject({ code: "INVALID_TOPIC_EXCEPTION" });
      expect(outcomes.get(fresh)).toMatchObject({ partitions: 1 });
      expect(outcomes.get(`${fresh}-2`)).toMatchObject({ code: "INVALID_REPLICATION_FACTOR" });
      expect(outcomes.get(`${fresh}-3`)).toMatchObject({
        code: "INVALID_CONFIG",
        message: expect.stringContaining("retention.ms") as string,
      });
      expect(() => unwrap(outcomes.get(exists), exists)).toThrow(/TOPIC_ALREADY_EXISTS/);
    });

    test("validateOnly creates nothing", async () => {
      const name = uniqueName("dry");
      expect(
        (await admin.createTopics([{ name }], { validateOnly: true })).get(name),
      ).toBeDefined();
      expect(await admin.listTopics()).not.toContain(name);
    });

    test("get more partitions, never fewer", async () => {
      const topic = await newTopic(2);
      expect((await admin.createPartitions(new Map([[topic, 4]]))).get(topic)).toBe(true);
      const count = async () =>
        unwrap((await admin.describeTopics([topic])).get(topic), topic).partitions.length;
      await expect.poll(count).toBe(4);
      const fewer = (await admin.createPartitions(new Map([[topic, 1]]))).get(topic);
      expect(fewer).toMatchObject({ code: "INVALID_PARTITIONS" });
    });

    test("are deleted", async () => {
      const topic = await newTopic();
      const outcomes = await admin.deleteTopics([topic, "is-not-there"]);
      expect(outcomes.get(topic)).toBe(true);
      expect(client.partitionCount(topic)).toBeUndefined();
      // A broker may list the topic a little longer, and so teach it to the client again.
      await expect.poll(() => admin.listTopics()).not.toContain(topic);
      expect((await admin.describeTopics([topic])).get(topic)).toMatchObject({
        code: "UNKNOWN_TOPIC_OR_PARTITION",
      });
      expect(client.partitionCount(topic)).toBeUndefined();
    });
  });

  describe("settings", () => {
    test("of topics: read, set, appended to, deleted", async () => {
      const topic = await newTopic(1, { "retention.ms": "60000" });
      const read = async (key: string) =>
        unwrap((await admin.describeConfigs("topic", [topic])).get(topic), topic).get(key);
      expect(await read("retention.ms")).toMatchObject({ value: "60000", source: "topic" });
      expect(await read("cleanup.policy")).toMatchObject({ value: "delete", source: "default" });
      const change = {
        set: { "segment.ms": "70000" },
        append: { "cleanup.policy": "compact" },
        delete: ["retention.ms"],
      };
      const outcomes = await admin.incrementalAlterConfigs("topic", new Map([[topic, change]]));
      expect(outcomes.get(topic)).toBe(true);
      await expect.poll(() => read("segment.ms")).toMatchObject({ value: "70000" });
      expect(await read("cleanup.policy")).toMatchObject({ value: "delete,compact" });
      expect(await read("retention.ms")).not.toMatchObject({ source: "topic" });
      const subtract = new Map([[topic, { subtract: { "cleanup.policy": "delete" } }]]);
      await admin.incrementalAlterConfigs("topic", subtract);
      await expect.poll(() => read("cleanup.policy")).toMatchObject({ value: "compact" });
    });

    test("only those asked for; errors name the topic", async () => {
      const topic = await newTopic();
      const outcomes = await admin.describeConfigs(
        "topic",
        [topic, "is-not-there"],
        ["retention.ms"],
      );
      expect([...unwrap(outcomes.get(topic), topic).keys()]).toEqual(["retention.ms"]);
      expect(outcomes.get("is-not-there")).toMatchObject({
        code: "UNKNOWN_TOPIC_OR_PARTITION",
        message: expect.stringContaining("is-not-there") as string,
      });
      const bad = new Map([[topic, { set: { "retention.ms": "soon" } }]]);
      const refused = (await admin.incrementalAlterConfigs("topic", bad)).get(topic);
      expect(refused).toMatchObject({ code: "INVALID_CONFIG" });
    });

    test("of a broker, by its id", async () => {
      const id = String((await admin.describeCluster()).brokers[0]?.nodeId);
      const settings = unwrap((await admin.describeConfigs("broker", [id])).get(id), id);
      expect(settings.get("node.id")).toMatchObject({ value: id, readOnly: true });
    });
  });

  describe("records", () => {
    test("listOffsets: ends, times, the latest time; per partition", async () => {
      const topic = await newTopic(2);
      const t0 = 1_700_000_000_000;
      const messages = [0, 2000, 1000].map((ms) => ({
        value: "v",
        timestamp: String(t0 + ms),
        partition: 0,
      }));
      await withProducer(servers, (producer) => producer.send({ topic, messages }));
      const at = (partition: number) => ({ topic, partition });
      const list = async (spec: Parameters<Admin["listOffsets"]>[0][number]["spec"]) =>
        (await admin.listOffsets([{ ...at(0), spec }])).get(topic, 0);
      expect(await list("earliest")).toMatchObject({ offset: 0, timestampMs: -1 });
      expect(await list("latest")).toMatchObject({ offset: 3 });
      expect(await list({ timestampMs: t0 + 500 })).toMatchObject({
        offset: 1,
        timestampMs: t0 + 2000,
      });
      expect(await list({ timestampMs: t0 + 5000 })).toMatchObject({ offset: -1 });
      expect(await list("max_timestamp")).toMatchObject({ offset: 1, timestampMs: t0 + 2000 });
      const queries = [
        { ...at(1), spec: "latest" as const },
        { ...at(9), spec: "latest" as const },
      ];
      const several = await admin.listOffsets(queries);
      expect(several.get(topic, 1)).toMatchObject({ offset: 0 });
      expect(several.get(topic, 9)).toMatchObject({
        code: "UNKNOWN_TOPIC_OR_PARTITION",
        partition: 9,
      });
    });

    test("listOffsets read_committed: before an open transaction", async () => {
      const topic = await newTopic();
      const end = async (isolation: "read_committed" | "read_uncommitted") =>
        (await admin.listOffsets([{ topic, partition: 0, spec: "latest" }], isolation)).get(
          topic,
          0,
        );
      await withProducer(
        servers,
        async (producer) => {
          const transaction = await producer.transaction();
          await transaction.send({ topic, messages: [{ value: "open" }] });
          expect(await end("read_uncommitted")).toMatchObject({ offset: 1 });
          expect(await end("read_committed")).toMatchObject({ offset: 0 });
          await transaction.abort();
        },
        uniqueName("txn"),
      );
    });

    test("deleteRecords", async () => {
      const topic = await newTopic(2);
      await produceNumbers(servers, topic, 0, 10);
      const outcomes = await admin.deleteRecords([
        { topic, partition: 0, beforeOffset: 4 },
        { topic, partition: 1, beforeOffset: 99 },
      ]);
      expect(outcomes.get(topic, 0)).toBe(4);
      expect(outcomes.get(topic, 1)).toMatchObject({ code: "OFFSET_OUT_OF_RANGE", partition: 1 });
      const all = await admin.deleteRecords([{ topic, partition: 0, beforeOffset: -1 }]);
      expect(all.get(topic, 0)).toBe(10);
    });
  });

  describe("groups", () => {
    test("of consumers are listed and described, with what each member reads", async () => {
      const topic = await newTopic(2);
      const groupId = uniqueName("group");
      await using one = await new TestConsumer(client, { groupId, topics: [topic] }).joined();
      expect(await admin.listGroups()).toContainEqual({
        groupId,
        protocolType: "consumer",
        state: "Stable",
      });
      const outcomes = await admin.describeGroups([groupId, "is-not-there"]);
      expect(outcomes.get(groupId)).toMatchObject({
        state: "Stable",
        protocol: "range",
        members: [
          {
            memberId: one.consumer.groupMetadata().memberId,
            clientId: "test",
            clientHost: "/127.0.0.1",
            partitions: [
              { topic, partition: 0 },
              { topic, partition: 1 },
            ],
          },
        ],
      });
      expect(outcomes.get("is-not-there")).toMatchObject({ state: "Dead", members: [] });
      expect((await admin.deleteGroups([groupId])).get(groupId)).toMatchObject({
        code: "NON_EMPTY_GROUP",
      });
    });

    test("offsets are altered, fetched and deleted, while no one is a member", async () => {
      const topic = await newTopic(2);
      await produceNumbers(servers, topic, 0, 10, 1);
      const groupId = uniqueName("group");
      const at = (partition: number) => ({ topic, partition });
      await admin.alterGroupOffsets(groupId, [
        { ...at(0), offset: 7, metadata: "m" },
        { ...at(1), offset: 8 },
      ]);
      expect(new Set(await admin.fetchGroupOffsets(groupId))).toEqual(
        new Set([
          { ...at(0), offset: 7, leaderEpoch: -1, metadata: "m" },
          { ...at(1), offset: 8, leaderEpoch: -1, metadata: "" },
        ]),
      );
      expect(await admin.fetchGroupOffsets(groupId, [at(1)])).toMatchObject([{ offset: 8 }]);
      const theirs = kafkajs(servers).admin();
      await theirs.connect();
      const [seen] = await theirs.fetchOffsets({ groupId, topics: [topic] });
      await theirs.disconnect();
      expect(seen?.partitions).toContainEqual({ partition: 0, offset: "7", metadata: "m" });

      await admin.deleteGroupOffsets(groupId, [at(0)]);
      expect(await admin.fetchGroupOffsets(groupId)).toMatchObject([{ ...at(1) }]);

      const missing = [{ topic: "is-not-there", partition: 0, offset: 1 }];
      await expect(admin.alterGroupOffsets(groupId, missing)).rejects.toMatchObject({
        code: "UNKNOWN_TOPIC_OR_PARTITION",
        topic: "is-not-there",
      });
      await using one = new TestConsumer(client, { groupId, topics: [topic] });
      let position: number | undefined;
      one.during.assigned = () => Promise.resolve(void (position = one.consumer.position(at(1))));
      await one.joined();
      expect(position).toBe(8);
      await expect(
        admin.alterGroupOffsets(groupId, [{ ...at(1), offset: 0 }]),
      ).rejects.toMatchObject({
        code: "UNKNOWN_MEMBER_ID",
      });
      await expect(admin.deleteGroupOffsets(groupId, [at(1)])).rejects.toMatchObject({
        code: "GROUP_SUBSCRIBED_TO_TOPIC",
      });
      await one.close();
      const deleted = await admin.deleteGroups([groupId, "is-not-there"]);
      expect(deleted.get(groupId)).toBe(true);
      expect(deleted.get("is-not-there")).toMatchObject({ code: "GROUP_ID_NOT_FOUND" });
      expect(await admin.fetchGroupOffsets(groupId)).toEqual([]);
    });
  });

  test("fenceProducers: the open transaction ends, its producer is fenced", async () => {
    const topic = await newTopic();
    const transactionalId = uniqueName("fenced");
    await withProducer(
      servers,
      async (producer) => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: "never seen" }] });
        const outcome = (await admin.fenceProducers([transactionalId])).get(transactionalId);
        expect(outcome).toMatchObject({ epoch: expect.any(Number) as number });
        await expect(transaction.commit()).rejects.toThrow(/epoch|fenced|producer/i);
      },
      transactionalId,
    );
    const end = await admin.listOffsets(
      [{ topic, partition: 0, spec: "latest" }],
      "read_committed",
    );
    expect(end.get(topic, 0)).toMatchObject({ offset: 2 });
  });
});
