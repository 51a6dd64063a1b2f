import { setTimeout as sleep } from "node:timers/promises";
import type { Kafka } from "@millrace/services";
import type { ClusterWorker } from "../cluster/cluster-worker.ts";
import type { ConnectCluster } from "../cluster/connect-cluster.ts";
import type { Random } from "./random.ts";
import type { Workload } from "./workload.ts";

export interface Scene {
  readonly cluster: ConnectCluster;
  readonly kafka: Kafka;
  readonly workload: Workload;
  readonly random: Random;
  /** When frozen workers were let go on, in milliseconds since 1970. */
  readonly thawedAt: number[];
  /** Tells what happens. */
  readonly say: (text: string) => void;
  /** Notes something that must not be. */
  readonly complain: (text: string) => void;
}

/** Does something to the cluster; when it is done, all workers run again. */
type Action = (scene: Scene) => Promise<void>;

/** After so long the process is killed, instead of stopping. */
const STOP_TIMEOUT_MS = 29_000;

const kill: Action = async (scene) => {
  const worker = anyWorker(scene);
  scene.say(`kill -9 ${worker.id}`);
  await worker.kill();
  await whileDown(scene, worker);
};

const stop: Action = async (scene) => {
  const worker = anyWorker(scene);
  scene.say(`SIGTERM ${worker.id}`);
  await stopWorker(scene, worker);
  await whileDown(scene, worker);
};

const freeze: Action = async (scene) => {
  const worker = anyWorker(scene);
  const durationMs = scene.random.between(1_000, 20_000);
  scene.say(`SIGSTOP ${worker.id} for ${seconds(durationMs)}`);
  await worker.freezeWhile(() => sleep(durationMs));
  scene.thawedAt.push(Date.now());
};

const restartBroker: Action = async ({ kafka, random, say }) => {
  const broker = kafka.brokers[0]!;
  const crash = random.next() < 0.5;
  const downMs = random.between(0, 10_000);
  say(`broker ${crash ? "killed" : "stopped"}, back in ${seconds(downMs)}`);
  await (crash ? broker.kill() : broker.stop());
  await sleep(downMs);
  await broker.start();
};

const restartAll: Action = async (scene) => {
  scene.say("rolling restart");
  for (const worker of scene.cluster.workers) {
    await stopWorker(scene, worker);
    await worker.start();
    await sleep(scene.random.between(0, 5_000));
  }
};

const changeConfig: Action = async ({ cluster, workload, random, say }) => {
  const { name, config } = random.pick(workload.connectors);
  const { config: changed } = workload.want(name, {
    config: { ...config, "note.to.nobody": String(random.integer(0, 1_000_000)) },
  });
  say(`${name}: another config`);
  await cluster.putConfig(name, changed);
};

const changeTasks: Action = async ({ cluster, workload, random, say }) => {
  // Of several tasks: a file source has one, whatever it may have.
  const several = workload.connectors.filter(({ name }) => name.startsWith("journal"));
  const { name, config } = random.pick(several);
  const others = ["1", "2", "3"].filter((tasks) => tasks !== config["tasks.max"]);
  const tasks = random.pick(others);
  say(`${name}: tasks.max=${tasks}`);
  const wanted = workload.want(name, { config: { ...config, "tasks.max": tasks } });
  await cluster.putConfig(name, wanted.config);
};

const pause: Action = async ({ cluster, workload, random, say }) => {
  const { name } = random.pick(workload.connectors);
  const verb = random.pick(["pause", "stop"] as const);
  const durationMs = random.between(0, 8_000);
  say(`${name}: ${verb} for ${seconds(durationMs)}`);
  workload.want(name, { state: verb === "pause" ? "PAUSED" : "STOPPED" });
  await cluster.change(name, verb);
  await sleep(durationMs);
  workload.want(name, { state: "RUNNING" });
  await cluster.change(name, "resume");
};

const recreate: Action = async ({ cluster, workload, random, say }) => {
  const { name, config } = random.pick(workload.connectors);
  const awayMs = random.between(0, 5_000);
  say(`${name}: deleted, again in ${seconds(awayMs)}`);
  await cluster.delete(name);
  await sleep(awayMs);
  await cluster.putConfig(name, config);
};

/** By name, with how often each comes among all. */
export const ACTIONS = {
  kill: { weight: 4, run: kill },
  freeze: { weight: 4, run: freeze },
  stop: { weight: 3, run: stop },
  changeConfig: { weight: 3, run: changeConfig },
  changeTasks: { weight: 3, run: changeTasks },
  pause: { weight: 3, run: pause },
  recreate: { weight: 2, run: recreate },
  restartBroker: { weight: 1, run: restartBroker },
  restartAll: { weight: 1, run: restartAll },
} as const satisfies Record<string, { readonly weight: number; readonly run: Action }>;

export type ActionName = keyof typeof ACTIONS;

const LOTS = Object.entries(ACTIONS).flatMap(([name, { weight }]) =>
  Array.from({ length: weight }, () => name as ActionName),
);
/** Those that go through the REST API, and can be done while a worker is away. */
const CHANGES = [changeConfig, changeTasks, pause, recreate];

export function chooseAction(random: Random): ActionName {
  return random.pick(LOTS);
}

/** Leaves a worker down for a while, in which connectors may be changed, and starts it again. */
async function whileDown(scene: Scene, worker: ClusterWorker): Promise<void> {
  const { random, say } = scene;
  const downMs = random.between(0, 15_000);
  if (random.next() < 0.3) await random.pick(CHANGES)(scene);
  await sleep(downMs);
  say(`start ${worker.id}`);
  await worker.start();
}

async function stopWorker({ complain }: Scene, worker: ClusterWorker): Promise<void> {
  const start = Date.now();
  await worker.stop();
  const tookMs = Date.now() - start;
  if (tookMs > STOP_TIMEOUT_MS) complain(`${worker.id} did not stop by SIGTERM: it was killed`);
}

function anyWorker({ cluster, random }: Scene): ClusterWorker {
  return random.pick(cluster.up);
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
