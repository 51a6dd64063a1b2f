import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sharedKafka, startKafka } from "@millrace/services";
import { Kafka, logLevel } from "kafkajs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { decodeAssignment, decodeMetadata } from "../src/group/protocol.ts";
import { TestCluster } from "./support/group-worker.ts";
import type { ClusterOptions } from "./support/group-worker.ts";
import { until } from "./support/until.ts";

let bootstrapServers: string;
beforeAll(async () => {
  bootstrapServers = await sharedKafka();
});

let groups = 0;
const uniqueGroup = (): string => `workers-${process.pid}-${Date.now()}-${groups++}`;

function newCluster(options: Partial<ClusterOptions> = {}): TestCluster {
  return new TestCluster({ bootstrapServers, groupId: uniqueGroup(), ...options });
}

const settled = (cluster: TestCluster): Promise<void> =>
  until(`the cluster settles: ${cluster.describe()}`, () => cluster.settled);

async function threeWorkers(options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  const cluster = newCluster(options);
  for (let i = 0; i < 3; i++) cluster.start();
  cluster.configure({ a: 4, b: 4, c: 4 });
  await settled(cluster);
  await until(`all three run something: ${cluster.describe()}`, () =>
    cluster.loads("tasks").every((load) => load > 0),
  );
  await settled(cluster);
  return cluster;
}

/** What a second client sees of the group. */
async function describeGroup(servers: string, groupId: string) {
  const kafka = new Kafka({ brokers: servers.split(","), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups: found } = await admin.describeGroups([groupId]);
    return found[0]!;
  } finally {
    await admin.disconnect();
  }
}

describe.each(["eager", "compatible", "sessioned"] as const)("connect.protocol=%s", (protocol) => {
  test("workers share the work, and what they say of it is what a second client reads", async () => {
    await using cluster = newCluster();
    const workers = [cluster.start(protocol), cluster.start(protocol), cluster.start(protocol)];
    cluster.configure({ "a-1": 4, b: 4, c: 1 });
    await settled(cluster);
    await until(`evenly: ${cluster.describe()}`, () => cluster.loads("tasks").join() === "3,3,3");
    await settled(cluster);
    expect(cluster.loads("connectors")).toEqual([1, 1, 1]);
    expect(cluster.clashes).toEqual([]);

    const leaders = workers.filter(({ group }) => group.isLeader);
    expect(leaders).toHaveLength(1);
    const leader = leaders[0]!;
    for (const { id, group, running } of workers) {
      expect(group.leaderUrl).toBe(`http://${leader.id}:8083/`);
      for (const connector of running.connectors)
        expect(leader.group.ownerUrl(connector)).toBe(`http://${id}:8083/`);
      for (const task of running.tasks) {
        const [, connector, number] = /^(.*)-(\d+)$/.exec(task)!;
        expect(leader.group.ownerUrl(connector!, Number(number))).toBe(`http://${id}:8083/`);
      }
    }
    expect(leader.group.ownerUrl("nope")).toBeUndefined();
    const followers = workers.filter((worker) => worker !== leader);
    expect(followers.map(({ group }) => group.ownerUrl("b"))).toEqual([undefined, undefined]);

    const {
      protocolType,
      protocol: name,
      members,
    } = await describeGroup(bootstrapServers, cluster.options.groupId);
    expect(protocolType).toBe("connect");
    expect(name).toBe(protocol === "eager" ? "default" : protocol);
    expect(members).toHaveLength(3);
    for (const { memberId, memberMetadata, memberAssignment } of members) {
      const worker = workers.find(({ group }) => group.memberId === memberId)!;
      expect(decodeMetadata(memberMetadata)).toMatchObject({
        url: `http://${worker.id}:8083/`,
        configOffset: cluster.offset,
      });
      expect(decodeAssignment(memberAssignment)).toMatchObject({
        failed: false,
        leader: leader.group.memberId,
        leaderUrl: `http://${leader.id}:8083/`,
        configOffset: cluster.offset,
      });
    }
  });
});

test("a connector that is added stops nothing, and one that is deleted only itself", async () => {
  await using cluster = await threeWorkers();
  for (const worker of cluster.workers) worker.revoked.length = 0;
  cluster.configure({ d: 2 });
  await settled(cluster);
  expect(cluster.workers.flatMap(({ revoked }) => revoked)).toEqual([]);
  cluster.configure({ d: null });
  await settled(cluster);
  const stopped = cluster.workers.flatMap(({ revoked }) => revoked);
  expect(stopped.flatMap(({ tasks }) => [...tasks]).sort()).toEqual(["d-0", "d-1"]);
  expect(cluster.clashes).toEqual([]);
});

test("a worker that crashes: its work runs elsewhere after the session timeout", async () => {
  await using cluster = await threeWorkers();
  await cluster.workers[2]!.crash();
  await settled(cluster);
  expect(cluster.loads("tasks")).toEqual([6, 6]);
  expect(cluster.clashes).toEqual([]);
});

test("with scheduled.rebalance.max.delay.ms it waits for the worker to come back", async () => {
  await using cluster = await threeWorkers({ maxDelayMs: 5000 });
  // A new leader knows nothing of who was there before, and gives all out at once.
  const lost = cluster.workers.find(({ group }) => !group.isLeader)!;
  const had = { ...lost.running };
  await lost.crash();
  const [survivor] = cluster.alive;
  await until("the group waits", () => (survivor!.assignments.at(-1)?.delayMs ?? 0) > 0);
  expect(cluster.loads("tasks")).toEqual([4, 4]);
  const back = cluster.start();
  await settled(cluster);
  expect(back.running).toEqual(had);
  expect(cluster.clashes).toEqual([]);
});

test("a worker that says good-bye causes no delay", async () => {
  await using cluster = await threeWorkers({ maxDelayMs: 300_000 });
  await cluster.workers[1]!.goodbye();
  await settled(cluster);
  expect(cluster.loads("tasks")).toEqual([6, 6]);
  expect(cluster.alive.map(({ assignments }) => assignments.at(-1)?.delayMs)).toEqual([0, 0]);
  expect(cluster.clashes).toEqual([]);
});

test("what is revoked has stopped before another worker starts it, however long that takes", async () => {
  await using cluster = newCluster();
  const first = cluster.start();
  first.stopping = () => new Promise((resolve) => setTimeout(resolve, 1500));
  cluster.configure({ a: 4 });
  await settled(cluster);
  const second = cluster.start();
  await until("the second runs some", () => second.running.tasks.size === 2);
  await settled(cluster);
  expect(cluster.clashes).toEqual([]);
  expect(first.revoked.flatMap(({ tasks }) => [...tasks])).toHaveLength(2);
});

test("workers of all three protocols work together, and better once the eager one has gone", async () => {
  await using cluster = newCluster();
  const eager = cluster.start("eager");
  const others = [cluster.start("compatible"), cluster.start("sessioned")];
  cluster.configure({ a: 3, b: 3 });
  await settled(cluster);
  await until(`evenly: ${cluster.describe()}`, () => cluster.loads("tasks").join() === "2,2,2");
  await settled(cluster);
  const versions = () => cluster.alive.map((w) => w.assignments.at(-1)?.protocolVersion);
  expect(versions()).toEqual([0, 0, 0]);
  await eager.goodbye();
  await until("the group turns compatible", () => versions().join() === "1,1");
  await settled(cluster);
  expect(cluster.loads("tasks")).toEqual([3, 3]);
  // And back: what an eager assignment does not name is stopped.
  cluster.start("eager");
  await until("the group turns eager", () => versions().join() === "0,0,0");
  await settled(cluster);
  expect(others.map(({ running }) => running.tasks.size)).toEqual([2, 2]);
});

test("a group of another kind: the worker says what to do", async () => {
  await using cluster = newCluster();
  const kafka = new Kafka({ brokers: bootstrapServers.split(","), logLevel: logLevel.NOTHING });
  const topic = cluster.options.groupId;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }] });
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: cluster.options.groupId });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await until("the consumer has joined", async () => {
      const { state } = await describeGroup(bootstrapServers, cluster.options.groupId);
      return state === "Stable";
    });
    const worker = cluster.start();
    await until("the worker is refused", () => worker.errors.length > 0);
    expect(worker.errors[0]).toMatchObject({
      javaName: "org.apache.kafka.common.errors.InconsistentGroupProtocolException",
      message: expect.stringMatching(/group\.id.*connect\.protocol/) as string,
    });
  } finally {
    await consumer.disconnect();
  }
});

test("a session timeout that the broker does not allow: the worker names the keys", async () => {
  await using cluster = newCluster({ sessionTimeoutMs: 100 });
  const worker = cluster.start();
  await until("the worker is refused", () => worker.errors.length > 0);
  expect(worker.errors[0]).toMatchObject({
    message: expect.stringMatching(
      /session\.timeout\.ms=100 must lie between .*group\.min\.session\.timeout\.ms/,
    ) as string,
  });
});

test("a process that stood still lets go of everything before anything else", async () => {
  await using cluster = newCluster();
  cluster.configured.set("a", 2);
  const worker = cluster.start();
  await until("the worker runs all", () => worker.running.tasks.size === 2);
  const child = spawn(process.execPath, [
    "--conditions=@millrace/source",
    fileURLToPath(new URL("fixtures/paused-worker.ts", import.meta.url)),
    bootstrapServers,
    cluster.options.groupId,
    "2",
  ]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(`the process has its share: ${output}`, () => worker.running.tasks.size === 1);
  await until("nobody has to join", () => !worker.group.rejoinNeeded);
  await worker.group.heartbeatNow();

  child.kill("SIGSTOP");
  const before = output.length;
  await until("all runs here", () => worker.running.tasks.size === 2);
  child.kill("SIGCONT");
  await until("the process is back", () => output.slice(before).includes("assigned"));
  const [first] = output.slice(before).split("\n");
  expect(first).toMatch(/^revoked in generation -1: a-[01]$/);
  expect(worker.errors).toEqual([]);
});

test("a stop that fails ends no membership: what may still run is claimed, and stopped at the next try", async () => {
  await using cluster = newCluster();
  const first = cluster.start();
  cluster.configure({ a: 4 });
  await settled(cluster);
  let tries = 0;
  first.stopping = () =>
    tries++ === 0 ? Promise.reject(new Error("a task hangs")) : Promise.resolve();
  const second = cluster.start();
  await until("the second runs some", () => second.running.tasks.size === 2);
  await settled(cluster);
  expect(tries).toBe(2);
  expect(first.errors).toMatchObject([{ message: "a task hangs" }]);
  expect(cluster.clashes).toEqual([]);
});

test("an assignment is current until membership is lost or the next one comes", async () => {
  await using cluster = newCluster();
  const worker = cluster.start();
  cluster.configure({ a: 1 });
  await settled(cluster);
  const last = worker.assignments.at(-1)!;
  expect(last).toMatchObject({
    generation: worker.group.generation,
    isLeader: true,
    failed: false,
  });
  expect(worker.group.isCurrent(last)).toBe(true);
  cluster.configure({ b: 1 });
  await settled(cluster);
  expect(worker.group.isCurrent(last)).toBe(false);
  const { group } = worker;
  expect(group.isCurrent(worker.assignments.at(-1)!)).toBe(true);
  await worker.goodbye();
  expect(group.isCurrent(worker.assignments.at(-1)!)).toBe(false);
  expect(group.isLeader).toBe(false);
});

describe("the coordinator", () => {
  test("is away for less than the session timeout: nothing stops; for longer: everything, until it is back", async () => {
    await using kafka = await startKafka();
    await using cluster = newCluster({ bootstrapServers: kafka.bootstrapServers });
    const [broker] = kafka.brokers;
    const workers = [cluster.start(), cluster.start()];
    cluster.configure({ a: 4, b: 4 });
    await settled(cluster);
    await until("both run something", () => cluster.loads("tasks").join() === "4,4");
    await settled(cluster);
    const generation = workers[0]!.group.generation;
    for (const worker of workers) worker.revoked.length = 0;

    broker!.pause();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    broker!.resume();
    expect(await workers[0]!.group.heartbeatNow()).toBe(true);
    expect(cluster.loads("tasks")).toEqual([4, 4]);
    expect(workers.flatMap(({ revoked }) => revoked)).toEqual([]);
    expect(workers[0]!.group.generation).toBe(generation);

    await broker!.kill();
    await until("all has stopped", () => cluster.loads("tasks").join() === "0,0");
    expect(workers.map(({ group }) => group.generation)).toEqual([-1, -1]);
    await broker!.start();
    await settled(cluster);
    expect(cluster.loads("tasks")).toEqual([4, 4]);
    expect(cluster.clashes).toEqual([]);
  });

  test("hangs while a worker waits in a join: everything stops all the same", async () => {
    await using kafka = await startKafka();
    await using cluster = newCluster({ bootstrapServers: kafka.bootstrapServers });
    const first = cluster.start();
    cluster.configure({ a: 2 });
    await settled(cluster);
    const second = cluster.start();
    await until("they share", () => second.running.tasks.size === 1);
    await settled(cluster);
    cluster.configure({ b: 2 }); // both ask to join now
    kafka.brokers[0]!.pause();
    await until("all has stopped", () => cluster.loads("tasks").join() === "0,0");
    kafka.brokers[0]!.resume();
    await settled(cluster);
    expect(first.errors).toEqual([]);
    expect(cluster.clashes).toEqual([]);
  });
});
