import { KafkaClient } from "@millrace/kafka-client";
import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ConfigListener } from "../src/store/config-state.ts";
import { internalTopic } from "../src/store/internal-topics.ts";
import { KafkaConfigStore, type KafkaConfigStoreOptions } from "../src/store/kafka-config-store.ts";
import { freeze } from "./support/freeze.ts";
import { createTopic, readRecords, uniqueName, writeRecords } from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { until } from "./support/until.ts";

let servers: string;
let client: KafkaClient;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
});
afterAll(() => client.close());

const CONFIG = { "connector.class": "X", name: "c" };

function eventsOf() {
  const events: string[] = [];
  const listener: Partial<ConfigListener> = {
    connectorUpdated: (name) => events.push(`updated ${name}`),
    connectorRemoved: (name) => events.push(`removed ${name}`),
    tasksUpdated: (name) => events.push(`tasks ${name}`),
    targetStateChanged: (name) => events.push(`target ${name}`),
    sessionKeyUpdated: ({ algorithm }) => events.push(`key ${algorithm}`),
    restartRequested: ({ connector }) => events.push(`restart ${connector}`),
    loggerLevelChanged: (namespace, level) => events.push(`level ${namespace} ${level}`),
  };
  return { events, listener };
}

/** A store on a topic of its own, unless one is given; closed when the test ends. */
async function storeOn(topic: string, options: Partial<KafkaConfigStoreOptions> = {}) {
  const logger = recordingLogger();
  const { events, listener } = eventsOf();
  const props = {
    "config.storage.topic": topic,
    "config.storage.replication.factor": "1",
  };
  const store = new KafkaConfigStore({
    client,
    topic: internalTopic("config", props, logger),
    logger,
    listener,
    ...options,
  });
  onTestFinished(() => store.close());
  await store.start();
  return { store, events, lines: logger.lines };
}

describe("KafkaConfigStore", () => {
  it("shows what was written as soon as it is written, to the writer and to others", async () => {
    const topic = uniqueName("configs");
    const { store: a } = await storeOn(topic);
    const { store: b, events } = await storeOn(topic);
    await a.putConnector("c", CONFIG, "PAUSED");
    expect(a.snapshot().connectorConfig("c")).toEqual(CONFIG);
    expect(a.snapshot().targetState("c")).toBe("PAUSED");
    await a.putTaskConfigs("c", [{ t: "0" }, { t: "1" }]);
    expect(a.snapshot().taskConfigs("c")).toEqual([{ t: "0" }, { t: "1" }]);
    await b.refresh();
    expect(b.snapshot().offset).toBe(a.snapshot().offset);
    await b.putTargetState("c", "STARTED");
    await expect(b.putTaskCountRecord("c", 2, 0)).rejects.toThrow("new task configurations");
    await b.putTaskCountRecord("c", 2, 1);
    await b.putSessionKey({ key: Buffer.from("k"), algorithm: "HmacSHA256", createdMs: 7 });
    await b.putRestartRequest({ connector: "c", includeTasks: true, onlyFailed: false });
    await b.putLoggerLevel("org.x", "DEBUG");
    await a.refresh();
    expect(a.snapshot().targetState("c")).toBe("STARTED");
    expect(a.snapshot().taskCountRecord("c")).toBe(2);
    expect(a.snapshot().sessionKey?.key.toString()).toBe("k");
    await a.removeConnector("c");
    await b.refresh();
    expect([...b.snapshot().connectors()]).toEqual([]);
    expect(events).toEqual(
      ["target c", "updated c", "tasks c", "target c", "key HmacSHA256", "restart c"].concat([
        "level org.x DEBUG",
        "removed c",
      ]),
    );
    const { store: later, events: none } = await storeOn(topic);
    expect(later.snapshot().offset).toBe(a.snapshot().offset);
    expect(none).toEqual([]);

    const written = await readRecords(servers, topic);
    expect(written.map(({ key, value }) => [key, value])).toEqual([
      ["target-state-c", '{"state":"PAUSED","state.v2":"PAUSED"}'],
      ["connector-c", '{"properties":{"connector.class":"X","name":"c"}}'],
      ["task-c-0", '{"properties":{"t":"0"}}'],
      ["task-c-1", '{"properties":{"t":"1"}}'],
      ["commit-c", '{"tasks":2}'],
      ["target-state-c", '{"state":"STARTED","state.v2":"STARTED"}'],
      ["tasks-fencing-c", '{"task-count":2}'],
      ["session-key", '{"key":"aw==","algorithm":"HmacSHA256","creation-timestamp":7}'],
      ["restart-connector-c", '{"include-tasks":true,"only-failed":false}'],
      ["logger-cluster-org.x", '{"level":"DEBUG"}'],
      ["connector-c", null],
      ["target-state-c", null],
    ]);
  });
});

describe("a broker that hangs", () => {
  let kafka: Kafka;
  let own: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka();
    // Requests are repeated on new connections while the broker hangs, which finds them all later.
    own = new KafkaClient({ bootstrapServers: [kafka.bootstrapServers], requestTimeoutMs: 400 });
  });
  afterAll(async () => {
    await own.close();
    await kafka.close();
  });

  /** A connector `old` with one task, and a store whose next writes find no broker. */
  async function storeOfOld(operationTimeoutMs = 1_500) {
    const topic = uniqueName("configs");
    const { store: patient } = await storeOn(topic, { client: own });
    await patient.putConnector("old", CONFIG);
    await patient.putTaskConfigs("old", [{ t: "0" }]);
    const opened = await storeOn(topic, { client: own, operationTimeoutMs });
    const { store, lines } = opened;
    const broker = kafka.brokers[0]!;
    freeze(broker);
    onTestFinished(() => broker.resume());
    return {
      ...opened,
      topic,
      broker,
      goOn: async () => {
        broker.resume();
        await until("taken back", () => lines.some((line) => line.includes("Took back")));
        await store.refresh();
      },
    };
  }

  it("a connector that could not be confirmed does not exist later", async () => {
    const { store, goOn, topic } = await storeOfOld();
    await expect(store.putConnector("new", CONFIG, "STOPPED")).rejects.toThrow(
      /^Error writing connector configuration to Kafka: no broker answered within 1500 ms\. The change is taken back/,
    );
    // Those that follow are not even begun.
    await expect(store.putTargetState("old", "PAUSED")).rejects.toThrow(
      /^Error writing target state to Kafka: no broker answered within 1500 ms\. Nothing was written$/,
    );
    await goOn();
    expect([...store.snapshot().connectors()]).toEqual(["old"]);
    const written = (await readRecords(kafka.bootstrapServers, topic)).slice(3);
    expect(written.map(({ key, value }) => [key, value !== null])).toEqual([
      ["target-state-new", true],
      ["connector-new", true],
      ["connector-new", false],
      ["target-state-new", false],
    ]);
    const { store: later } = await storeOn(topic, { client: own });
    expect([...later.snapshot().connectors()]).toEqual(["old"]);
    expect(later.snapshot().targetState("new")).toBe("STARTED");
  });

  it.each<[string, (store: KafkaConfigStore) => Promise<void>]>([
    ["removing connector configuration from", (store) => store.removeConnector("old")],
    ["writing target state to", (store) => store.putTargetState("old", "PAUSED")],
    ["writing connector configuration to", (store) => store.putConnector("old", { more: "1" })],
    ["writing root configuration to", (store) => store.putTaskConfigs("old", [{ t: "a" }, {}])],
    ["writing root configuration to", (store) => store.putTaskConfigs("old", [])],
  ])("Error %s Kafka: all is as it was before", async (failure, change) => {
    const { store, goOn, topic } = await storeOfOld();
    const error = await change(store).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: expect.stringContaining(`Error ${failure} Kafka: no broker answered within 1500 ms`),
    });
    // Task configurations are read first: nothing can have been written.
    if (failure.includes("root")) kafka.brokers[0]!.resume();
    else await goOn();
    await store.refresh();
    const { store: later } = await storeOn(topic, { client: own });
    for (const snapshot of [store.snapshot(), later.snapshot()]) {
      expect(snapshot.connectorConfig("old")).toEqual(CONFIG);
      expect(snapshot.targetState("old")).toBe("STARTED");
      expect(snapshot.taskConfigs("old")).toEqual([{ t: "0" }]);
      expect(snapshot.isInconsistent("old")).toBe(false);
    }
  });

  it.each([1, 2])("%s tasks whose commit was not written are taken back", async (count) => {
    const { store, broker, goOn, topic } = await storeOfOld(4_000);
    broker.resume();
    // The broker stops between the look at the topic and the records.
    const last = {
      get t() {
        freeze(broker);
        return "new";
      },
    };
    const configs = count === 1 ? [last] : [{ t: "a" }, last];
    await expect(store.putTaskConfigs("old", configs)).rejects.toThrow("The change is taken back");
    await goOn();
    const { store: later } = await storeOn(topic, { client: own });
    for (const snapshot of [store.snapshot(), later.snapshot()]) {
      expect(snapshot.taskConfigs("old")).toEqual([{ t: "0" }]);
      expect(snapshot.isInconsistent("old")).toBe(false);
    }
  });
});

it("garbage is skipped, with its place, and never overwritten", async () => {
  const topic = uniqueName("configs");
  await createTopic(servers, topic, 1, { "cleanup.policy": "compact" });
  await writeRecords(servers, topic, [
    { key: "connector-c", value: '{"properties":{"a":"1"}}' },
    { key: "connector-c", value: "{" },
    { key: "task-c-x", value: "7" },
    { key: "future", value: '{"x":1}' },
    { key: "commit-c", value: '{"tasks":"1"}' },
    { key: Buffer.from([0xff, 0xfe]), value: Buffer.from([0xff]) },
  ]);
  const { store, lines } = await storeOn(topic);
  expect(store.snapshot().connectorConfig("c")).toEqual({ a: "1" });
  expect(lines.filter((line) => line.includes(`${topic}-0 offset`))).toHaveLength(5);
  await store.putConnector("d", CONFIG);
  await store.removeConnector("c");
  expect((await readRecords(servers, topic)).filter(({ key }) => key === "future")).toHaveLength(1);
});

it("a topic of ten thousand records is read at start", async () => {
  const topic = uniqueName("configs");
  await createTopic(servers, topic, 1, { "cleanup.policy": "compact" });
  const props = JSON.stringify({ properties: { ...CONFIG, padding: "x".repeat(300) } });
  for (let batch = 0; batch < 10; batch++) {
    const names = Array.from({ length: 250 }, (_, i) => `c${batch * 250 + i}`);
    await writeRecords(
      servers,
      topic,
      names.flatMap((name) => [
        { key: `target-state-${name}`, value: '{"state":"PAUSED","state.v2":"STOPPED"}' },
        { key: `connector-${name}`, value: props },
        { key: `task-${name}-0`, value: props },
        { key: `commit-${name}`, value: '{"tasks":1}' },
      ]),
    );
  }
  const { store } = await storeOn(topic);
  const snapshot = store.snapshot();
  expect(snapshot.offset).toBe(10_000);
  expect([...snapshot.connectors()]).toHaveLength(2_500);
  expect(snapshot.taskCount("c2499")).toBe(1);
  expect(snapshot.targetState("c2499")).toBe("STOPPED");
});

it("a configuration that was compacted past its commit comes without tasks (KAFKA-17719)", async () => {
  await using kafka = await startKafka({
    // Compaction within the patience of a test.
    properties: { "log.cleaner.backoff.ms": 100, "log.cleaner.min.cleanable.ratio": 0.01 },
  });
  await using own = new KafkaClient({ bootstrapServers: [kafka.bootstrapServers] });
  const logger = recordingLogger();
  const props = {
    "config.storage.topic": "configs",
    "config.storage.replication.factor": "1",
    "config.storage.segment.ms": "100",
    "config.storage.delete.retention.ms": "0",
  };
  const topic = internalTopic("config", props, logger);
  const { store } = await storeOn("configs", { client: own, topic });
  await store.putConnector("kept", CONFIG);
  await store.putTaskConfigs("kept", [{ t: "0" }]);
  await store.putConnector("gone", CONFIG);
  await store.putTaskConfigs("gone", [{ t: "1" }]);
  await store.putConnector("kept", { ...CONFIG, changed: "1" });
  await store.removeConnector("gone");
  expect(store.snapshot().taskConfigs("kept")).toEqual([{ t: "0" }]);
  const keys = async () => (await readRecords(kafka.bootstrapServers, "configs")).map((r) => r.key);
  const isCompacted = async () => {
    // The newest segment is never compacted: records of no meaning roll it.
    await store.putLoggerLevel("any", "INFO");
    return (await keys()).filter((key) => key === "connector-kept").length === 1;
  };
  await until("compacted", isCompacted);
  await store.putConnector("gone", { ...CONFIG, again: "1" });
  const { store: later } = await storeOn("configs", { client: own, topic });
  expect(later.snapshot().offset).toBe(store.snapshot().offset);
  expect(later.snapshot().connectorConfig("kept")).toEqual({ ...CONFIG, changed: "1" });
  for (const connector of ["kept", "gone"]) {
    expect(later.snapshot().taskConfigs(connector)).toEqual([]);
    expect(later.snapshot().isInconsistent(connector)).toBe(false);
  }
  await later.putTaskConfigs("kept", [{ t: "2" }]);
  await store.refresh();
  expect(store.snapshot().taskConfigs("kept")).toEqual([{ t: "2" }]);
});

it("a broker that is started anew in the middle of writes: nothing is lost", async () => {
  await using kafka = await startKafka();
  await using own = new KafkaClient({ bootstrapServers: [kafka.bootstrapServers] });
  const { store } = await storeOn("configs", { client: own });
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const writes = names.map((name) => store.putConnector(name, CONFIG));
  await writes[10];
  await kafka.brokers[0]!.stop();
  await kafka.brokers[0]!.start();
  await Promise.all(writes);
  expect([...store.snapshot().connectors()]).toEqual(names);
  const { store: later } = await storeOn("configs", { client: own });
  expect([...later.snapshot().connectors()]).toEqual(names);
  const written = await readRecords(kafka.bootstrapServers, "configs");
  expect(written.map(({ key }) => key)).toEqual(names.map((name) => `connector-${name}`));
});
