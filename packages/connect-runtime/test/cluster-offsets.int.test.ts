import { sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { ClusterUnderTest } from "./support/cluster-under-test.ts";
import { messageOf } from "./support/fake-cluster.ts";
import {
  createTopic,
  kafkajs,
  readRecords,
  uniqueName,
  writeRecords,
} from "./support/kafka-topics.ts";
import type { Answer } from "./support/send.ts";
import { until } from "./support/until.ts";

const ALTERED = { message: "The offsets for this connector have been altered successfully" };
const RESET = { message: "The offsets for this connector have been reset successfully" };
const STALE =
  "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)";

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

interface Asked {
  readonly cluster: ClusterUnderTest;
  /** Asks every worker in turn, and again while a rebalance is due. */
  readonly patch: (
    name: string,
    partition: object | null,
    offset: object | null,
  ) => Promise<Answer>;
  readonly reset: (name: string) => Promise<Answer>;
}

/** Two workers and stopped connectors. */
async function clusterWith(connectors: Readonly<Record<string, object>>): Promise<Asked> {
  const cluster = new ClusterUnderTest();
  await cluster.add();
  await cluster.add();
  for (const [name, config] of Object.entries(connectors)) {
    const body = { name, config, initial_state: "STOPPED" };
    expect((await cluster.send(0, "POST", "/connectors", body)).status).toBe(201);
  }
  let turn = 0;
  const settled = async (method: string, name: string, body?: object) => {
    let answer!: Answer;
    await until("no rebalance is due", async () => {
      answer = await cluster.send(turn++ % 2, method, `/connectors/${name}/offsets`, body);
      return messageOf(answer) !== STALE;
    });
    return answer;
  };
  return {
    cluster,
    patch: (name, partition, offset) =>
      settled("PATCH", name, { offsets: [{ partition, offset }] }),
    reset: (name) => settled("DELETE", name),
  };
}

test("offsets of sources change through any worker, under all keys that they have", async () => {
  const { cluster, patch, reset } = await clusterWith({ a: SOURCE, b: SOURCE });
  const kafka = await sharedKafka();
  const topic = `${cluster.name}-offsets`;
  const one = `["a",{"server":"s","filename":"/f"}]`;
  const other = String.raw`["\u0061", {"filename":"/f","server":"s"} ]`;
  const records = async () =>
    (await readRecords(kafka, topic)).map(({ key, value }) => `${key} ${value}`);
  // One partition, under the keys that two versions of a connector gave it.
  await writeRecords(kafka, topic, [{ partition: 0, key: one, value: `{"position":1}` }]);
  await writeRecords(kafka, topic, [{ partition: 0, key: other, value: `{"position":2}` }]);
  await writeRecords(kafka, topic, [{ key: `["b",{"filename":"/f"}]`, value: `{"position":3}` }]);
  const before = await records();

  for (const i of [0, 1]) {
    const altered = await patch("a", { filename: "/f", server: "s" }, { position: 7 + i });
    expect(altered).toMatchObject({ status: 200, body: ALTERED });
    for (const worker of [0, 1]) {
      const { body } = await cluster.send(worker, "GET", "/connectors/a/offsets");
      expect(body).toEqual({
        offsets: [{ partition: { filename: "/f", server: "s" }, offset: { position: 7 + i } }],
      });
    }
  }
  for (const _ of [0, 1]) expect(await reset("a")).toMatchObject({ status: 200, body: RESET });
  for (const worker of [0, 1]) {
    const { body } = await cluster.send(worker, "GET", "/connectors/a/offsets");
    expect(body).toEqual({ offsets: [] });
  }
  expect((await records()).filter((record) => !before.includes(record)).toSorted()).toEqual(
    [
      `${other} {"position":7}`,
      `${other} {"position":8}`,
      `${one} null`,
      `${other} null`,
    ].toSorted(),
  );
});

test("nothing of a connector starts while its offsets change", async () => {
  const { cluster, patch } = await clusterWith({ a: SOURCE });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  for (const { threads } of cluster.workers) threads.behaviour = { altering: () => released };
  const altered = patch("a", { filename: "/in.txt" }, { position: 7 });
  const asked = () => cluster.workers.flatMap(({ threads }) => threads.altered).length;
  await until("the connector is asked", () => asked() === 1);

  expect((await cluster.send(1, "PUT", "/connectors/a/resume")).status).toBe(202);
  await until("it is resumed", async () => {
    const { body } = await cluster.send(0, "GET", "/connectors/a/status");
    return (body as { connector?: { state: string } }).connector?.state === "RUNNING";
  });
  const changed = cluster.send(0, "PUT", "/connectors/a/config", SOURCE);
  const { body: tasks } = await cluster.send(0, "GET", "/connectors/a/tasks");
  expect(tasks).toEqual([]);
  release();
  expect(await altered).toMatchObject({ status: 200, body: ALTERED });
  expect((await changed).status).toBe(200);
  await cluster.running("a", "a-0");

  const refused = await patch("a", { filename: "/in.txt" }, { position: 8 });
  expect(refused).toMatchObject({ status: 400 });
  expect(asked()).toBe(1);
});

test("offsets of sinks change as Kafka has them, and all or nothing", async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName("offsets-of-sinks");
  const group = uniqueName("group-of-its-own");
  await createTopic(kafka, topic, 2, {});
  const sink = {
    "connector.class": "FileStreamSink",
    file: "/out.txt",
    topics: topic,
    "consumer.override.group.id": group,
  };
  const { cluster, patch, reset } = await clusterWith({ s: sink });
  const admin = kafkajs(kafka).admin();
  await admin.connect();
  try {
    const committed = async () => {
      const [at] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return at!.partitions
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ offset }) => offset);
    };
    const at = (partition: unknown) => ({ kafka_topic: topic, kafka_partition: partition });
    expect(await patch("s", at(0), { kafka_offset: 5 })).toMatchObject({ body: ALTERED });
    expect(await patch("s", at("1"), { kafka_offset: "3" })).toMatchObject({ body: ALTERED });
    expect(await committed()).toEqual(["5", "3"]);

    // One of them is wrong: the other stays as it is.
    const wrong = [at(2), { kafka_topic: uniqueName("none"), kafka_partition: 0 }];
    for (const partition of wrong) {
      const offsets = [
        { partition: at(0), offset: { kafka_offset: 1 } },
        { partition, offset: { kafka_offset: 1 } },
      ];
      const refused = await cluster.send(1, "PATCH", "/connectors/s/offsets", { offsets });
      const message = "Failed to alter consumer group offsets for connector s";
      expect(refused).toMatchObject({ status: 500, body: { message } });
    }
    expect(await committed()).toEqual(["5", "3"]);

    expect(await patch("s", at(0), null)).toMatchObject({ body: ALTERED });
    expect(await committed()).toEqual(["-1", "3"]);
    for (const _ of [0, 1]) expect(await reset("s")).toMatchObject({ status: 200, body: RESET });
    expect(await committed()).toEqual(["-1", "-1"]);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group);
    // As Java: of a group that is not there nothing can be deleted.
    expect(await patch("s", at(0), null)).toMatchObject({ status: 500 });
  } finally {
    await admin.disconnect();
  }
});
