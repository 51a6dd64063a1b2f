import { startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client.ts";
import type { GroupConsumerOptions } from "../src/group-consumer-options.ts";
import { TestConsumer, commitPositions, until } from "./support/group.ts";
import {
  KAFKA_VERSIONS,
  createTopic,
  kafkajs,
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

  test("with a kafkajs member in the group", async () => {
    const topic = await createTopic(servers, { numPartitions: 4 });
    const groupId = uniqueName("group");
    for (const p of [0, 1, 2, 3]) await produceNumbers(servers, topic, p * 10, 10, p);
    await using ours = newConsumer({ groupId, topics: [topic], assignors: ["range"] });
    ours.during.revoked = (partitions) => commitPositions(ours, partitions);
    ours.run();
    await until(() => ours.values.length === 40);
    const { PartitionAssigners } = await import("kafkajs");
    const theirs = kafkajs(servers).consumer({
      groupId,
      // kafkajs's own round-robin assigner speaks Java's bytes under another name.
      partitionAssigners: [
        (config) => ({ ...PartitionAssigners.roundRobin(config), name: "range" }),
      ],
      heartbeatInterval: 200,
      sessionTimeout: 6000,
    });
    await theirs.connect();
    await theirs.subscribe({ topic, fromBeginning: true });
    const theirValues: string[] = [];
    await theirs.run({
      eachMessage: ({ message }) => Promise.resolve(void theirValues.push(String(message.value))),
    });
    await until(() => ours.assignment.length === 2, both(ours));
    for (const p of [0, 1, 2, 3]) await produceNumbers(servers, topic, 40 + p * 10, 10, p);
    await until(
      () => ours.values.length + theirValues.length >= 80,
      () => [ours.values, theirValues],
    );
    const all = [...ours.values, ...theirValues].map(Number).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 80 }, (_, i) => i));
    expect(theirValues).toHaveLength(20);
    await theirs.disconnect();
    await until(() => ours.assignment.length === 4, both(ours));
    expect(ours.errors).toEqual([]);
  });
});
