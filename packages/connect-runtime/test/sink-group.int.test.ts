import type { Props } from "@millrace/connect-api";
import { sharedKafka } from "@millrace/services";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSinkGroup, type SinkGroup } from "../src/kafka/sink-group.ts";
import { createTopic, kafkajs, uniqueName } from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";

async function groupOf(connector: string, worker: Props = {}, own: Props = {}): Promise<SinkGroup> {
  const props = { "bootstrap.servers": await sharedKafka(), ...worker };
  const group = openSinkGroup(props, connector, own, recordingLogger());
  onTestFinished(() => group[Symbol.asyncDispose]());
  return group;
}

async function topicOf(partitions: number): Promise<string> {
  const topic = uniqueName("sink-group");
  await createTopic(await sharedKafka(), topic, partitions, {});
  return topic;
}

/** A member that reads the topic, until the test ends or it is told to. */
async function join(groupId: string, topic: string): Promise<{ leave: () => Promise<void> }> {
  const consumer = kafkajs(await sharedKafka()).consumer({ groupId });
  let left: Promise<void> | undefined;
  const leave = () => (left ??= consumer.disconnect());
  onTestFinished(leave);
  await consumer.connect();
  await consumer.subscribe({ topic });
  const joined = new Promise((resolve) => consumer.on("consumer.group_join", resolve));
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  return { leave };
}

describe("the group of a sink", () => {
  test("is the one that its tasks join", async () => {
    const topic = await topicOf(1);
    const name = uniqueName("sink");
    const [ofWorker, ofConnector] = [uniqueName("of-worker"), uniqueName("of-connector")];
    const worker = { "consumer.group.id": ofWorker };
    const own = { "consumer.override.group.id": ofConnector };
    const groups = [
      await groupOf(name),
      await groupOf(name, worker),
      await groupOf(name, worker, own),
    ];
    for (const [i, group] of groups.entries()) {
      await group.alter([{ topic, partition: 0, offset: i }]);
    }
    const admin = kafkajs(await sharedKafka()).admin();
    await admin.connect();
    try {
      for (const [i, groupId] of [`connect-${name}`, ofWorker, ofConnector].entries()) {
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
        expect(committed?.partitions).toMatchObject([{ partition: 0, offset: String(i) }]);
      }
    } finally {
      await admin.disconnect();
    }
  });

  test("keeps what it has where it has members, also those that come unnoticed", async () => {
    const topic = await topicOf(2);
    const name = uniqueName("sink");
    const group = await groupOf(name);
    const at = (partition: number, offset: number | null) => ({ topic, partition, offset });
    // Where the empty partitions end: kafkajs would move others.
    await group.alter([at(0, 0), at(1, 0)]);
    const committed = async () =>
      (await group.committed())
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ partition, offset }) => [partition, offset]);
    const member = await join(`connect-${name}`, topic);
    const zombies = (what: string) =>
      new RegExp(
        `^Failed to ${what} consumer group offsets for connector ${name} either because its tasks.*zombie sink tasks\\.$`,
      );
    await expect(group.checkAlter([at(0, 1)])).rejects.toThrow(zombies("alter"));
    await expect(group.alter([at(0, 1)])).rejects.toThrow(zombies("alter"));
    await expect(group.alter([at(0, null)])).rejects.toThrow(zombies("alter"));
    await expect(group.checkReset()).rejects.toThrow(zombies("reset"));
    await expect(group.reset()).rejects.toThrow(zombies("reset"));
    expect(await committed()).toEqual([
      [0, 0],
      [1, 0],
    ]);
    await member.leave();
    await group.checkAlter([at(0, 1)]);
    await group.alter([at(0, 1), at(1, null)]);
    expect(await committed()).toEqual([[0, 1]]);
    await group.checkReset();
    await group.reset();
    await group.reset();
    expect(await committed()).toEqual([]);
  });

  test("has no offsets of partitions that do not exist", async () => {
    const topic = await topicOf(1);
    const name = uniqueName("sink");
    const group = await groupOf(name);
    const failed = `Failed to alter consumer group offsets for connector ${name}`;
    const missing = [
      { topic, partition: 1 },
      { topic, partition: -1 },
      { topic: uniqueName("none"), partition: 0 },
      { topic: "no topic's name", partition: 0 },
    ];
    for (const one of missing) {
      for (const offset of [3, null]) {
        const changes = [
          { topic, partition: 0, offset: 1 },
          { ...one, offset },
        ];
        await expect(group.checkAlter(changes)).rejects.toThrow(failed);
      }
      await expect(group.alter([{ ...one, offset: 3 }])).rejects.toThrow(failed);
    }
    await expect(group.alter([{ topic, partition: 0, offset: null }])).rejects.toThrow(failed);
    expect(await group.committed()).toEqual([]);
  });
});
