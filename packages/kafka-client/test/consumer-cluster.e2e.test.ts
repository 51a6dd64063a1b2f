import { startKafka } from "@millrace/services";
import type { Kafka } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { Fetcher } from "../src/fetcher.ts";
import { KafkaClient } from "../src/client.ts";
import { findCoordinatorV4 } from "../src/protocol.ts";
import type { FetchedRecords } from "../src/record-batch/decode.ts";
import { TestConsumer, commitPositions, until } from "./support/group.ts";
import { createTopic, numbers, offsetsOf, uniqueName, valuesOf } from "./support/kafka.ts";
import { writeInBackground } from "./support/writer.ts";

const versions = ["4.3.1", "3.9.2"] as const;

const startCluster = (version: string): Promise<Kafka> =>
  startKafka({
    version,
    brokers: 3,
    properties: {
      "offsets.topic.replication.factor": 3,
      "min.insync.replicas": 2,
      "group.min.session.timeout.ms": 500,
    },
  });

/** Quick to notice what moves. */
const clientOf = (kafka: Kafka): KafkaClient =>
  new KafkaClient({
    bootstrapServers: kafka.bootstrapServers.split(","),
    requestTimeoutMs: 5000,
    connectTimeoutMs: 2000,
    metadataMaxAgeMs: 1000,
  });

const brokerOf = (kafka: Kafka, nodeId: number) => kafka.brokers.find(({ id }) => id === nodeId)!;

describe.each(versions)("three brokers of Kafka %s", (version) => {
  test("the leader of a partition is killed, again and again: every record is read once, in order", async () => {
    await using kafka = await startCluster(version);
    await using client = clientOf(kafka);
    const topic = await createTopic(kafka.bootstrapServers, {
      numPartitions: 3,
      replicationFactor: 3,
    });
    const writer = await writeInBackground(kafka.bootstrapServers, topic, 3);
    await using reader = new Fetcher(client, { offsetReset: "earliest" });
    reader.assign([0, 1, 2].map((partition) => ({ topic, partition })));
    const chunks: FetchedRecords[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      while (!stop.signal.aborted) chunks.push(...(await reader.poll(500, 200)));
    })();
    for (let round = 0; round < 4; round++) {
      const leader = client.cache.partition(topic, round % 3)?.leader ?? 1;
      await brokerOf(kafka, leader)[round % 2 === 0 ? "kill" : "stop"]();
      const before = offsetsOf(chunks).length;
      await until(
        () => offsetsOf(chunks).length > before + 300,
        () => [before, chunks.length],
        60_000,
      );
      await brokerOf(kafka, leader).start();
    }
    await writer.stop();
    const read = (p: number) => chunks.filter(({ partition }) => partition === p);
    const counts = () => [0, 1, 2].map((p) => offsetsOf(read(p)).length);
    await until(() => counts().every((count) => count >= writer.acked), counts, 60_000);
    stop.abort();
    await reading;
    for (const p of [0, 1, 2]) {
      expect(offsetsOf(read(p))).toEqual(numbers(0, writer.acked).map(Number));
      expect(valuesOf(read(p))).toEqual(numbers(0, writer.acked));
    }
  });

  test("the coordinator of a group is killed: it moves, members stay members, commits are kept", async () => {
    await using kafka = await startCluster(version);
    await using client = clientOf(kafka);
    const topic = await createTopic(kafka.bootstrapServers, {
      numPartitions: 4,
      replicationFactor: 3,
    });
    const groupId = uniqueName("group");
    const options = { groupId, topics: [topic] };
    const writer = await writeInBackground(kafka.bootstrapServers, topic, 4);
    await using one = new TestConsumer(client, options);
    await using two = new TestConsumer(client, options);
    for (const consumer of [one, two]) {
      consumer.during.revoked = (partitions) => commitPositions(consumer, partitions);
      consumer.run();
    }
    await until(
      () => one.assignment.length === 2 && two.assignment.length === 2,
      () => "",
      60_000,
    );
    for (let round = 0; round < 3; round++) {
      const { coordinators } = await client.send("any", [findCoordinatorV4.api], [0, [groupId]]);
      const coordinator = brokerOf(kafka, coordinators[0]!.nodeId);
      await coordinator.kill();
      const before = [one.values.length, two.values.length];
      await until(
        () => one.values.length > before[0]! + 100 && two.values.length > before[1]! + 100,
        () => [before, one.values.length, two.values.length],
        60_000,
      );
      // Commits go to the new coordinator.
      for (const consumer of [one, two]) {
        await until(
          () => consumer.assignment.length === 2,
          () => consumer.assignment,
          60_000,
        );
        await commitPositions(consumer, consumer.consumer.assignment());
        const committed = await consumer.consumer.committed(consumer.consumer.assignment());
        expect(committed).toHaveLength(2);
      }
      await coordinator.start();
    }
    await writer.stop();
    const total = () => one.values.length + two.values.length;
    await until(() => total() >= 4 * writer.acked, total, 60_000);
    // At least once: what was read and not committed when a rebalance came may come again.
    const counts = new Map<string, number>();
    for (const value of [...one.values, ...two.values])
      counts.set(value, (counts.get(value) ?? 0) + 1);
    for (const value of numbers(0, writer.acked))
      expect(counts.get(value)).toBeGreaterThanOrEqual(4);
    expect([...one.errors, ...two.errors].filter((error) => !isExpected(error))).toEqual([]);
  });
});

/** A commit in `revoked` may find that membership has just ended. */
function isExpected(error: unknown): boolean {
  const { code } = error as { code?: string };
  return (
    code === "UNKNOWN_MEMBER_ID" ||
    code === "ILLEGAL_GENERATION" ||
    code === "REBALANCE_IN_PROGRESS"
  );
}
