import { randomUUID } from "node:crypto";
import { KafkaClient, Producer } from "@millrace/kafka-client";
import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { internalTopic } from "../src/store/internal-topics.ts";
import { KafkaConfigStore, type KafkaConfigStoreOptions } from "../src/store/kafka-config-store.ts";
import { freeze } from "./support/freeze.ts";
import { readRecords, uniqueName } from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { until } from "./support/until.ts";

const CONFIG = { "connector.class": "X", name: "c" };

let servers: string;
let client: KafkaClient;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
});
afterAll(() => client.close());

/** Workers of one cluster, by their stores; closed when the test ends. */
function cluster(own: KafkaClient = client) {
  const topic = uniqueName("configs");
  const transactionalId = `connect-cluster-${randomUUID()}`;
  const worker = async (options: Partial<KafkaConfigStoreOptions> = {}) => {
    const logger = recordingLogger();
    const props = { "config.storage.topic": topic, "config.storage.replication.factor": "1" };
    const store = new KafkaConfigStore({
      client: own,
      topic: internalTopic("config", props, logger),
      transactionalId,
      logger,
      ...options,
    });
    onTestFinished(() => store.close());
    await store.start();
    return { store, lines: logger.lines };
  };
  return { topic, transactionalId, worker };
}

const names = (store: KafkaConfigStore) => [...store.snapshot().connectors()];

describe("a cluster whose leader writes in transactions", () => {
  it("what a leader of before still writes is refused, and not there", async () => {
    const { worker, topic } = cluster();
    const { store: old, lines } = await worker();
    const { store: next } = await worker();
    let leads = true;
    old.lead(() => leads);
    await old.putConnector("c", CONFIG, "PAUSED");
    await old.putTaskConfigs("c", [{ t: "0" }, { t: "1" }]);

    next.lead(() => true);
    await next.putConnector("d", CONFIG);
    leads = false;
    await expect(old.putConnector("e", CONFIG)).rejects.toThrow(
      /^Error writing connector configuration to Kafka: another worker leads the cluster.*send the request again\. Nothing was written$/,
    );
    expect(lines.join("\n")).toContain("Another worker has taken over writing");
    // Any worker may write this, also one that does not lead.
    await old.putTargetState("c", "STARTED");
    await next.putTaskConfigs("c", [{ t: "new" }]);

    await old.refresh();
    for (const { store } of [{ store: old }, { store: next }, await worker()]) {
      expect(names(store)).toEqual(["c", "d"]);
      expect(store.snapshot().taskConfigs("c")).toEqual([{ t: "new" }]);
      expect(store.snapshot().targetState("c")).toBe("STARTED");
    }
    const keys = (await readRecords(servers, topic)).map(({ key }) => key);
    expect(keys).toEqual(
      ["target-state-c", "connector-c", "task-c-0", "task-c-1", "commit-c"].concat([
        "connector-d",
        "target-state-c",
        "task-c-0",
        "commit-c",
      ]),
    );
  });

  it("who still leads claims the right to write again", async () => {
    const { worker } = cluster();
    const { store } = await worker();
    const { store: other } = await worker();
    store.lead(() => true);
    await store.putConnector("c", CONFIG);
    other.lead(() => true);
    await other.putConnector("d", CONFIG);
    other.lead(undefined);
    await expect(store.putConnector("e", CONFIG)).rejects.toThrow("another worker leads");
    await store.putConnector("f", CONFIG);
    expect(names(store)).toEqual(["c", "d", "f"]);
    await expect(other.putConnector("g", CONFIG)).rejects.toThrow(/does not lead the cluster/);
  });

  it("what a leader that died has left open is never there", async () => {
    const { worker, topic, transactionalId } = cluster();
    const { store } = await worker();
    await using dead = new KafkaClient({ bootstrapServers: [servers] });
    const producer = new Producer(dead, { transactionalId });
    onTestFinished(() => producer.close(0));
    await producer.initTransactions();
    await producer.beginTransaction();
    const group = producer.group();
    await dead.metadata([topic]);
    group.append(topic, 0, -1, Buffer.from("connector-dead"), Buffer.from('{"properties":{}}'));
    expect((await group.send()).error).toBeUndefined();

    store.lead(() => true);
    await store.putConnector("c", CONFIG);
    expect(names(store)).toEqual(["c"]);
    await expect(producer.commitTransaction()).rejects.toMatchObject({ code: "PRODUCER_FENCED" });
    const { store: later } = await worker();
    expect(names(later)).toEqual(["c"]);
  });
});

describe("a broker that hangs", () => {
  let kafka: Kafka;
  let own: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka();
    own = new KafkaClient({ bootstrapServers: [kafka.bootstrapServers], requestTimeoutMs: 400 });
  });
  afterAll(async () => {
    await own.close();
    await kafka.close();
  });

  it("a change that could not be confirmed is not there later, and the next one is", async () => {
    const { worker, topic } = cluster(own);
    const { store } = await worker({ operationTimeoutMs: 1_500 });
    store.lead(() => true);
    await store.putConnector("old", CONFIG);
    const broker = kafka.brokers[0]!;
    freeze(broker);
    onTestFinished(() => broker.resume());
    const late = ": no broker answered within 1500 ms. Nothing was written";
    await expect(store.putConnector("new", CONFIG, "STOPPED")).rejects.toThrow(
      `Error writing connector configuration to Kafka${late}`,
    );
    await expect(store.removeConnector("old")).rejects.toThrow(
      `Error removing connector configuration from Kafka${late}`,
    );
    broker.resume();
    await until("it goes on", () =>
      store.putConnector("next", CONFIG).then(
        () => true,
        () => false,
      ),
    );
    const { store: later } = await worker();
    for (const one of [store, later]) expect(names(one)).toEqual(["old", "next"]);
    const keys = (await readRecords(kafka.bootstrapServers, topic)).map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set(["connector-old", "connector-next"]));
  });
});
