import { KafkaClient, Producer } from "@millrace/kafka-client";
import { sharedKafka } from "@millrace/services";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ClusterUnderTest, type ClusterWorker } from "./support/cluster-under-test.ts";
import { createTopic, uniqueName } from "./support/kafka-topics.ts";
import { until } from "./support/until.ts";

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };
const SINK = { "connector.class": "FileStreamSink", file: "/out.txt", topics: "t" };

let servers: string;
let client: KafkaClient;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
});
afterAll(() => client.close());

/** A cluster whose sources make `tasks.max` tasks; what `props` holds counts for the next worker. */
function clusterWith(props: Record<string, string>) {
  const cluster = new ClusterUnderTest(props);
  const add = async () => {
    const worker = await cluster.add();
    worker.threads.behaviour = {
      taskConfigs: ({ props: own, type }, max) =>
        Array.from({ length: max }, (_, i) => ({
          ...own,
          part: `${i}`,
          "task.class": `org.apache.kafka.connect.file.FileStream${type === "sink" ? "Sink" : "Source"}Task`,
        })),
    };
    return worker;
  };
  return { cluster, add };
}

const put = (cluster: ClusterUnderTest, name: string, config: object, tasks: number) =>
  cluster.send(0, "PUT", `/connectors/${name}/config`, { ...config, "tasks.max": `${tasks}` });

const units = (name: string, tasks: number) => [
  name,
  ...Array.from({ length: tasks }, (_, i) => `${name}-${i}`),
];

/** Of the tasks that run on these workers. */
function specs(workers: readonly ClusterWorker[]) {
  const tasks = workers.flatMap(({ threads }) => threads.tasks.filter(({ stopped }) => !stopped));
  return new Map(tasks.map(({ spec }) => [`${spec.connector}-${spec.task}`, spec.exactlyOnce]));
}

/** A producer as a task has one that does not know yet that it is none any more, with a record sent. */
async function zombie(transactionalId: string, topic: string): Promise<Producer> {
  const producer = new Producer(client, { transactionalId });
  onTestFinished(() => producer.close(0));
  await producer.initTransactions();
  await producer.beginTransaction();
  await client.metadata([topic]);
  const group = producer.group();
  group.append(topic, 0, -1, null, "zombie");
  expect((await group.send()).error).toBeUndefined();
  return producer;
}

const fate = (producer: Producer) =>
  producer.commitTransaction().then(
    () => "committed",
    (error: { code: string }) => error.code,
  );

test("tasks of earlier configurations can't write any more when later ones begin", async () => {
  const { cluster, add } = clusterWith({ "exactly.once.source.support": "enabled" });
  const workers = [await add(), await add()];
  const { configs } = workers[0]!.herder;
  await put(cluster, "a", SOURCE, 3);
  await cluster.running(...units("a", 3));
  expect(specs(workers)).toEqual(
    new Map(
      [0, 1, 2].map((task) => [
        `a-${task}`,
        {
          transactionalId: `${cluster.name}-a-${task}`,
          offsetsTopic: `${cluster.name}-offsets`,
          generation: 1,
        },
      ]),
    ),
  );
  expect(configs.snapshot().taskCountRecord("a")).toBe(3);
  expect(configs.snapshot().pendingFencing("a")).toBe(false);

  const topic = uniqueName("t");
  await createTopic(servers, topic, 1, {});
  const ids = [0, 1, 2].map((task) => `${cluster.name}-a-${task}`);
  const zombies = await Promise.all(ids.map((id) => zombie(id, topic)));
  const stranger = await zombie(uniqueName("stranger"), topic);
  await put(cluster, "a", { ...SOURCE, more: "1" }, 2);
  await cluster.running(...units("a", 2));
  await until("they run with new configurations", () =>
    [...specs(workers).values()].every((spec) => spec?.generation === 2),
  );
  expect(await Promise.all(zombies.map(fate))).toEqual(
    Array.from({ length: 3 }, () => "PRODUCER_FENCED"),
  );
  expect(await fate(stranger)).toBe("committed");
  expect(configs.snapshot().taskCountRecord("a")).toBe(2);

  for (const { herder } of workers) {
    expect(await herder.isCurrent("a", 0, 1)).toBe(false);
  }
  const current = workers.map(({ herder }) => herder.isCurrent("a", 1, 2));
  expect((await Promise.all(current)).toSorted((a, b) => Number(a) - Number(b))).toEqual([
    false,
    true,
  ]);
});

test("before offsets of a stopped connector are changed, its tasks are fenced off", async () => {
  const { cluster, add } = clusterWith({ "exactly.once.source.support": "enabled" });
  const worker = await add();
  await put(cluster, "a", SOURCE, 2);
  await cluster.running(...units("a", 2));
  const topic = uniqueName("t");
  await createTopic(servers, topic, 1, {});
  const hanging = await zombie(`${cluster.name}-a-1`, topic);
  await cluster.send(0, "PUT", "/connectors/a/stop");
  await cluster.running("a");
  const offsets = [{ partition: { filename: "/in.txt" }, offset: { position: 4 } }];
  await until("its offsets are altered", async () => {
    const { status } = await cluster.send(0, "PATCH", "/connectors/a/offsets", { offsets });
    return status === 200;
  });
  expect(await fate(hanging)).toBe("PRODUCER_FENCED");
  expect(worker.herder.configs.snapshot().taskCountRecord("a")).toBe(0);
});

test("what is not for exactly once is left alone; strangers may not fence", async () => {
  const { cluster, add } = clusterWith({ "exactly.once.source.support": "enabled" });
  const worker = await add();
  await put(cluster, "s", SINK, 2);
  await cluster.running(...units("s", 2));
  expect([...specs([worker]).values()]).toEqual([undefined, undefined]);
  const { body } = await cluster.send(0, "PUT", "/connectors/s/fence");
  expect(body).toEqual({
    error_code: 400,
    message: "Internal request missing required signature",
  });
});

test("a cluster is changed over: first all prepare, then all deliver exactly once", async () => {
  const props = { "exactly.once.source.support": "disabled" };
  const { cluster, add } = clusterWith(props);
  const disabled = await add();
  await put(cluster, "a", SOURCE, 2);
  await cluster.running(...units("a", 2));
  expect([...specs([disabled]).values()]).toEqual([undefined, undefined]);

  props["exactly.once.source.support"] = "preparing";
  const preparing = await add();
  await disabled.stop();
  await cluster.running(...units("a", 2));
  expect([...specs([preparing]).values()]).toEqual([undefined, undefined]);
  // It leads, and writes in transactions.
  await cluster.send(1, "PUT", "/connectors/b/config", SINK);
  await cluster.running(...units("a", 2), ...units("b", 1));

  props["exactly.once.source.support"] = "enabled";
  const enabled = await add();
  await cluster.running(...units("a", 2), ...units("b", 1));
  await until("a task has moved", () => specs([enabled]).size > 0);
  const isSource = ([name]: [string, unknown]) => name.startsWith("a-");
  for (const [name, spec] of [...specs([enabled])].filter(isSource))
    expect(spec?.transactionalId).toBe(`${cluster.name}-${name}`);
  for (const [, spec] of [...specs([preparing])].filter(isSource)) expect(spec).toBeUndefined();
  await preparing.stop();
  await cluster.running(...units("a", 2), ...units("b", 1));
  expect([...specs([enabled])].filter(isSource).map(([, spec]) => spec?.generation)).toEqual([
    1, 1,
  ]);
});
