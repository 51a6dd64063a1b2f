import { startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client.ts";
import type { GroupConsumerOptions } from "../src/group-consumer-options.ts";
import { TestConsumer, until } from "./support/group.ts";
import {
  KAFKA_VERSIONS,
  createTopic,
  kafkajs,
  numbers,
  produceNumbers,
  uniqueName,
} from "./support/kafka.ts";
import type { TestBroker } from "./support/kafka.ts";

describe.each(KAFKA_VERSIONS)("Kafka %s", (version) => {
  let broker: TestBroker;
  let servers: string;
  let client: KafkaClient;

  beforeAll(async () => {
    broker = await startKafka({ version, properties: { "group.min.session.timeout.ms": 500 } });
    servers = broker.bootstrapServers;
    client = new KafkaClient({ bootstrapServers: [servers], metadataMaxAgeMs: 300 });
  });
  afterAll(async () => {
    await client.close();
    await broker[Symbol.asyncDispose]();
  });

  const newConsumer = (options: GroupConsumerOptions): TestConsumer =>
    new TestConsumer(client, options);
  const both =
    (...consumers: TestConsumer[]) =>
    () =>
      consumers.map(({ assignment }) => assignment);

  describe("one member", () => {
    test("reads all, commits, and the next one goes on there", async () => {
      const topic = await createTopic(servers, { numPartitions: 2 });
      const groupId = uniqueName("group");
      await produceNumbers(servers, topic, 0, 5, 0);
      await produceNumbers(servers, topic, 5, 5, 1);
      {
        await using one = newConsumer({ groupId, topics: [topic] }).run();
        await until(
          () => one.values.length === 10,
          () => one.values,
        );
        expect(one.assignment).toEqual([`${topic}-0`, `${topic}-1`]);
        await one.stop();
        await one.consumer.commit([
          { topic, partition: 0, offset: 3, leaderEpoch: 0, metadata: "up to „2“" },
          { topic, partition: 1, ...one.consumer.committable({ topic, partition: 1 })! },
        ]);
        expect(
          await one.consumer.committed([0, 1].map((partition) => ({ topic, partition }))),
        ).toEqual([
          { topic, partition: 0, offset: 3, leaderEpoch: 0, metadata: "up to „2“" },
          { topic, partition: 1, offset: 5, leaderEpoch: 0, metadata: "" },
        ]);
        expect(await one.consumer.committed([{ topic, partition: 7 }])).toEqual([]);
        await one.close();
        expect(one.events.map(({ kind }) => kind)).toEqual(["assigned", "revoked"]);
        expect(one.errors).toEqual([]);
      }
      const admin = kafkajs(servers).admin();
      await admin.connect();
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      await admin.disconnect();
      expect(offsets?.partitions).toEqual(
        expect.arrayContaining([
          { partition: 0, offset: "3", metadata: "up to „2“" },
          // kafkajs shows no metadata as null
          { partition: 1, offset: "5", metadata: null },
        ]),
      );
      await using next = newConsumer({ groupId, topics: [topic] }).run();
      await until(
        () => next.values.length === 2,
        () => next.values,
      );
      expect(next.values).toEqual(["3", "4"]);
    });

    test("positions are there in the assigned callback, and a seek in it counts", async () => {
      const topic = await createTopic(servers);
      await produceNumbers(servers, topic, 0, 10);
      const partition = { topic, partition: 0 };
      await using one = newConsumer({ groupId: uniqueName("group"), topics: [topic] });
      let position = -1;
      one.during.assigned = async () => {
        position = await one.consumer.resolvePosition(partition);
        one.consumer.seek(partition, 8);
      };
      one.run();
      await until(() => one.values.length > 0);
      expect(position).toBe(0);
      expect(one.values).toEqual(["8", "9"]);
      expect(one.consumer.lag(partition)).toBe(0);
      expect(one.consumer.highWatermark(partition)).toBe(10);
    });

    test("pause, resume; errors of listeners reach the poll", async () => {
      const topic = await createTopic(servers);
      await produceNumbers(servers, topic, 0, 3);
      const partition = { topic, partition: 0 };
      await using one = newConsumer({ groupId: uniqueName("group"), topics: [topic] });
      one.during.assigned = () => Promise.reject(new Error("no room"));
      await expect(one.consumer.poll(10, 5000)).rejects.toThrow("no room");
      one.during.assigned = () => Promise.resolve();
      one.consumer.pause([partition]);
      expect(await one.consumer.poll(10, 300)).toEqual([]);
      expect(one.consumer.paused()).toEqual([partition]);
      one.consumer.resume([partition]);
      one.take(await one.consumer.poll(10, 5000));
      expect(one.values).toEqual(numbers(0, 3));
    });

    test("options that cannot work are refused at once", () => {
      const make = (options: GroupConsumerOptions) => () => newConsumer(options);
      expect(make({ groupId: "", topics: ["t"] })).toThrow(/group.id/);
      expect(make({ groupId: "g" })).toThrow(/either topics or topicsRegex/);
      expect(make({ groupId: "g", topics: ["t"], assignors: [] })).toThrow(/at least one assignor/);
      expect(make({ groupId: "g", topics: ["t"], maxBytes: -1 })).toThrow(
        /maxBytes must be above 0/,
      );
    });

    test("a session timeout that the broker refuses is named", async () => {
      const topic = await createTopic(servers);
      await using one = newConsumer({
        groupId: uniqueName("group"),
        topics: [topic],
        sessionTimeoutMs: 10,
      });
      await expect(one.consumer.poll(10, 5000)).rejects.toMatchObject({
        code: "INVALID_SESSION_TIMEOUT",
        message: expect.stringContaining("group.min.session.timeout.ms") as string,
      });
    });

    test("a poll ends on its signal while the group rebalances", async () => {
      const topic = await createTopic(servers);
      const groupId = uniqueName("group");
      await using slow = newConsumer({ groupId, topics: [topic] });
      await slow.joined();
      // The join of the second waits for the first, which does not poll.
      await using waiting = newConsumer({ groupId, topics: [topic] });
      const stop = new Error("stop");
      const abort = new AbortController();
      setTimeout(() => abort.abort(stop), 100);
      await expect(waiting.consumer.poll(1, 10_000, abort.signal)).rejects.toBe(stop);
      expect(await waiting.consumer.poll(1, 100)).toEqual([]);
      slow.run();
      waiting.run();
      await until(() => slow.assignment.length + waiting.assignment.length === 1);
    });
  });

  describe("topics", () => {
    test("new partitions are noticed and read", async () => {
      const topic = await createTopic(servers);
      await using one = newConsumer({ groupId: uniqueName("group"), topics: [topic] }).run();
      await until(() => one.assignment.length === 1);
      const admin = kafkajs(servers).admin();
      await admin.connect();
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await admin.disconnect();
      await until(() => one.assignment.length === 3, both(one));
      await produceNumbers(servers, topic, 0, 2, 2);
      await until(() => one.values.length === 2);
      expect(one.errors).toEqual([]);
    });

    test("a pattern finds topics as they come and go; whole names must match", async () => {
      const prefix = uniqueName("regex");
      const first = await createTopic(servers, { topic: `${prefix}.first` });
      await createTopic(servers, { topic: `not.${prefix}.first` });
      const topicsRegex = new RegExp(`${prefix}\\.(first|second)`);
      await using one = newConsumer({ groupId: uniqueName("group"), topicsRegex }).run();
      await until(() => one.assignment.length === 1, both(one));
      expect(one.consumer.subscription()).toEqual([first]);
      const second = await createTopic(servers, { topic: `${prefix}.second`, numPartitions: 2 });
      await createTopic(servers, { topic: `${prefix}.second.not` });
      await until(() => one.assignment.length === 3, both(one));
      const admin = kafkajs(servers).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [second] });
      await admin.disconnect();
      await until(() => one.assignment.length === 1, both(one));
      expect(one.assignment).toEqual([`${first}-0`]);
      expect(one.errors).toEqual([]);
    });

    test("a poll that waits for records finds them by itself", async () => {
      const prefix = uniqueName("regex");
      await createTopic(servers, { topic: `${prefix}.first` });
      const topicsRegex = new RegExp(`${prefix}\\..*`);
      await using one = await newConsumer({ groupId: uniqueName("group"), topicsRegex }).joined();
      const found = one.consumer.poll(500, 600_000, AbortSignal.timeout(60_000));
      const second = await createTopic(servers, { topic: `${prefix}.second` });
      await produceNumbers(servers, second, 0, 3, 0);
      const [records] = await found;
      expect(records?.topic).toBe(second);
    });

    test("one that is made later is read soon, and waiting for it is said", async () => {
      const said: string[] = [];
      // With the default metadata.max.age.ms: nobody wants to wait for five minutes.
      await using patient = new KafkaClient({
        bootstrapServers: [servers],
        log: (_, message) => said.push(message),
      });
      const topic = uniqueName("later");
      await using one = new TestConsumer(patient, {
        groupId: uniqueName("group"),
        topics: [topic],
        allowAutoTopicCreation: false,
      }).run();
      await until(() => said.length > 0);
      await createTopic(servers, { topic });
      await produceNumbers(servers, topic, 0, 5, 0);
      await until(() => one.values.length === 5, both(one), 5_000);
      expect(said).toEqual([expect.stringContaining(`do not exist: ${topic}.`)]);
      expect(one.errors).toEqual([]);
    });

    test("a named topic that is missing is read when it appears", async () => {
      const topic = uniqueName("late");
      await using one = newConsumer({
        groupId: uniqueName("group"),
        topics: [topic],
        allowAutoTopicCreation: false,
      }).run();
      await until(() => one.events.length > 0);
      expect(one.assignment).toEqual([]);
      await createTopic(servers, { topic });
      await until(() => one.assignment.length === 1, both(one));
      expect(one.errors).toEqual([]);
    });
  });
});
