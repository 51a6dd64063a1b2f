import { KafkaClient } from "@millrace/kafka-client";
import { sharedKafka, startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { internalTopic } from "../src/store/internal-topics.ts";
import { KafkaStatusStore } from "../src/store/kafka-status-store.ts";
import type { ReportedState, Status } from "../src/store/status-store.ts";
import { GOLDEN_TOPICS } from "./support/golden-topics.ts";
import { freeze } from "./support/freeze.ts";
import { createTopic, readRecords, uniqueName, writeRecords } from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";

let servers: string;
let client: KafkaClient;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
});
afterAll(() => client.close());

const LONG_MS = 30_000;

async function storeOn(topic: string, own: KafkaClient = client, workerId = "") {
  const logger = recordingLogger();
  const read: string[] = [];
  const props = { "status.storage.topic": topic, "status.storage.replication.factor": "1" };
  const store = new KafkaStatusStore({
    client: own,
    topic: internalTopic("status", props, logger),
    logger,
    workerId,
    now: () => 7,
    onStatus: (connector, task, status) =>
      read.push(`${connector} ${task ?? "-"} ${status?.state ?? "gone"}`),
  });
  onTestFinished(() => store.close());
  await store.start();
  return { store, read, lines: logger.lines };
}

function status(state: ReportedState, generation = 1, workerId = "w1:8083"): Status {
  return { state, generation, workerId };
}

describe("KafkaStatusStore", () => {
  it("shows what was put here at once, and elsewhere when it was read", async () => {
    const topic = uniqueName("status");
    const { store: a, read } = await storeOn(topic);
    const { store: b } = await storeOn(topic);
    a.putConnector("c", { ...status("RUNNING"), version: "1.0" });
    a.putTask("c", 1, { ...status("FAILED"), trace: "boom" });
    a.putTask("c", 0, status("RUNNING"));
    a.addTopic("c", "t", 1);
    a.addTopic("c", "t", 0);
    const seen = (store: KafkaStatusStore) => ({
      connectors: store.connectors(),
      connector: store.connector("c"),
      tasks: store.tasks("c"),
      topics: store.topics("c"),
    });
    const expected = {
      connectors: ["c"],
      connector: expect.objectContaining({ state: "RUNNING", version: "1.0", generation: 1 }),
      tasks: [
        [0, expect.objectContaining({ state: "RUNNING" })],
        [1, expect.objectContaining({ state: "FAILED", trace: "boom" })],
      ],
      topics: ["t"],
    };
    expect(seen(a)).toEqual(expected);
    expect(await a.flush(LONG_MS)).toBe(true);
    for (const store of [a, b]) {
      await store.refresh();
      expect(seen(store)).toEqual(expected);
    }
    expect(read.toSorted()).toEqual(["c - RUNNING", "c 0 RUNNING", "c 1 FAILED"]);
    b.deleteConnector("c");
    expect(await b.flush(LONG_MS)).toBe(true);
    for (const store of [a, b]) {
      await store.refresh();
      expect(seen(store)).toEqual({ connectors: [], connector: undefined, tasks: [], topics: [] });
    }
    const written = (await readRecords(servers, topic)).map(({ key, value }) => `${key} ${value}`);
    const line = '"worker_id":"w1:8083","generation":1,"version"';
    expect(written.toSorted()).toEqual(
      [
        `status-connector-c {"state":"RUNNING","trace":null,${line}:"1.0"}`,
        `status-task-c-1 {"state":"FAILED","trace":"boom",${line}:null}`,
        `status-task-c-0 {"state":"RUNNING","trace":null,${line}:null}`,
        'status-topic-t:connector-c {"topic":{"name":"t","connector":"c","task":1,"discoverTimestamp":7}}',
        "status-task-c-0 null",
        "status-task-c-1 null",
        "status-topic-t:connector-c null",
        "status-connector-c null",
      ].toSorted(),
    );
  });

  it("takes over what a Java worker wrote, from the same partitions", async () => {
    const topic = uniqueName("status");
    await createTopic(servers, topic, 5, { "cleanup.policy": "compact" });
    const golden = GOLDEN_TOPICS["connect-status"];
    await writeRecords(servers, topic, golden);
    const { store, lines } = await storeOn(topic);
    expect(lines).toEqual([]);
    expect(store.connector("src1")).toMatchObject({ state: "RUNNING", generation: 81 });
    expect(store.task("src1", 0)).toMatchObject({ state: "RUNNING", generation: 82 });
    expect(store.topics("src1")).toEqual(["g-src1"]);
    expect(store.connector("..")).toBeUndefined();
    for (const name of store.connectors()) store.deleteConnector(name);
    await store.flush(LONG_MS);
    const partitions = new Map(golden.map(({ key, partition }) => [key, partition]));
    for (const { key, partition } of await readRecords(servers, topic))
      expect(partition).toBe(partitions.get(key!));
  });

  it("a careful report does not take the place of a later generation's", async () => {
    const { store: a } = await storeOn(uniqueName("status"));
    a.putTaskSafe("c", 0, status("RUNNING", 5, "w2"));
    a.putTaskSafe("c", 0, status("UNASSIGNED", 4, "w1"));
    expect(a.task("c", 0)?.state).toBe("RUNNING");
    a.putTaskSafe("c", 0, status("FAILED", 5, "w1"));
    a.putTaskSafe("c", 0, status("UNASSIGNED", 4, "w1"));
    expect(a.task("c", 0)?.state).toBe("UNASSIGNED");
    a.putConnectorSafe("c", status("RUNNING", 9, "w2"));
    a.putConnectorSafe("c", status("FAILED", 8, "w1"));
    expect(a.connector("c")?.state).toBe("RUNNING");
  });

  it("what a worker says late of what another runs by now is passed over (KAFKA-12525)", async () => {
    const topic = uniqueName("status");
    const { store: w1 } = await storeOn(topic);
    const { store: w2, read } = await storeOn(topic);
    const { store: watcher } = await storeOn(topic);
    const stateAfter = async (writer: KafkaStatusStore, put: Status) => {
      writer.putTask("c", 0, put);
      await writer.flush(LONG_MS);
      await watcher.refresh();
      return watcher.task("c", 0)?.state;
    };
    expect(await stateAfter(w2, status("RUNNING", 5, "w2"))).toBe("RUNNING");
    expect(await stateAfter(w1, status("UNASSIGNED", 5, "w1"))).toBe("RUNNING");
    expect(await stateAfter(w2, status("UNASSIGNED", 5, "w2"))).toBe("UNASSIGNED");
    expect(await stateAfter(w2, status("RUNNING", 6, "w2"))).toBe("RUNNING");
    // It was suspended, and fenced off before it heard that the task is another's.
    expect(await stateAfter(w1, status("FAILED", 5, "w1"))).toBe("RUNNING");
    expect(await stateAfter(w2, status("PAUSED", 6, "w2"))).toBe("PAUSED");
    expect(await stateAfter(w1, status("FAILED", 5, "w1"))).toBe("PAUSED");
    expect(await stateAfter(w2, status("FAILED", 6, "w2"))).toBe("FAILED");
    expect(await stateAfter(w2, status("RUNNING", 6, "w2"))).toBe("RUNNING");
    expect(await stateAfter(w1, status("UNASSIGNED", 7, "w1"))).toBe("UNASSIGNED");
    expect(read).not.toHaveLength(0);
  });

  it("and does not stay the last word in the topic, which is all that compaction leaves", async () => {
    const topic = uniqueName("status");
    const { store: w1 } = await storeOn(topic);
    const { store: w2 } = await storeOn(topic, client, "w2");
    w2.putTask("c", 0, status("RUNNING", 5, "w2"));
    await w2.flush(LONG_MS);
    w1.putTask("c", 0, status("FAILED", 4, "w1"));
    await w1.flush(LONG_MS);
    const workers = async () =>
      (await readRecords(servers, topic)).map(
        ({ value }) => (JSON.parse(value!) as { worker_id: string }).worker_id,
      );
    await expect.poll(workers, { timeout: LONG_MS }).toEqual(["w2", "w1", "w2"]);
    // One that starts again has none to keep: what it said before is of another life.
    await storeOn(topic, client, "w2");
    await w2.refresh();
    expect(await workers()).toHaveLength(3);
  });

  it("topics of one connector are forgotten when they are reset, and may come again", async () => {
    const topic = uniqueName("status");
    const { store: a } = await storeOn(topic);
    for (const connector of ["c", "d:x"]) for (const t of ["t1", "t2"]) a.addTopic(connector, t);
    a.resetTopics("c");
    a.addTopic("c", "t3");
    await a.flush(LONG_MS);
    const { store: b } = await storeOn(topic);
    expect([b.topics("c"), b.topics("d:x").toSorted()]).toEqual([["t3"], ["t1", "t2"]]);
  });

  it("skips garbage with its place", async () => {
    const topic = uniqueName("status");
    await createTopic(servers, topic, 1, { "cleanup.policy": "compact" });
    const good = '{"state":"RUNNING","trace":null,"worker_id":"w","generation":5}';
    await writeRecords(servers, topic, [
      { key: "status-connector-c", value: good },
      { key: "status-connector-c", value: "{" },
      { key: "status-connector-c", value: '{"state":"DANCING","worker_id":"w","generation":5}' },
      { key: "status-task-c", value: good },
      { key: "status-topic-t:connector-c", value: '{"topic":7}' },
      { key: "future", value: null },
    ]);
    const { store, lines } = await storeOn(topic);
    expect(store.connector("c")).toEqual({ state: "RUNNING", workerId: "w", generation: 5 });
    expect(store.topics("c")).toEqual([]);
    expect(lines.map((line) => /-0 offset (\d)/.exec(line)?.[1])).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
  });
});

it("while the brokers are away the latest status of each key waits, and then is written", async () => {
  await using kafka = await startKafka();
  await using own = new KafkaClient({
    bootstrapServers: [kafka.bootstrapServers],
    requestTimeoutMs: 400,
  });
  const { store } = await storeOn("status", own);
  store.putConnector("c", status("RUNNING", 0));
  await store.flush(LONG_MS);
  freeze(kafka.brokers[0]!);
  for (let generation = 1; generation <= 100; generation++)
    store.putConnector("c", status("RUNNING", generation));
  expect(await store.flush(1_000)).toBe(false);
  expect(store.connector("c")?.generation).toBe(100);
  kafka.brokers[0]!.resume();
  expect(await store.flush(LONG_MS)).toBe(true);
  await store.refresh();
  expect(store.connector("c")?.generation).toBe(100);
  const written = await readRecords(kafka.bootstrapServers, "status");
  expect(written.map(({ value }) => JSON.parse(value!).generation)).toEqual([0, 1, 100]);
});
