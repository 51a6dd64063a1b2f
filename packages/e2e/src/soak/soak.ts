import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import {
  compileJavaPlugin,
  makeRunFolder,
  startKafka,
  type WorkerProperties,
} from "@millrace/services";
import type { WorkerKind } from "../cluster/cluster-worker.ts";
import { ConnectCluster } from "../cluster/connect-cluster.ts";
import type { Overlap } from "../count/journal.ts";
import { ACTIONS, type ActionName, chooseAction, type Scene } from "./chaos.ts";
import { logErrors, type LogError, unhandled } from "./log-errors.ts";
import { type MemoryReport, MemoryWatch } from "./memory.ts";
import { Random } from "./random.ts";
import { type Verdict, Workload } from "./workload.ts";

export const JOURNAL_SOURCE = fileURLToPath(
  new URL("../../test/fixtures/journal-source", import.meta.url),
);

export interface SoakOptions {
  readonly kind: WorkerKind;
  readonly workers: number;
  readonly durationMs: number;
  readonly seed: number;
  /** Of each of the eight streams. */
  readonly recordsPerSecond: number;
  /** What may happen. */
  readonly actions: readonly ActionName[];
  readonly properties?: WorkerProperties;
  readonly say: (text: string) => void;
}

export interface SoakReport {
  readonly verdict: Verdict;
  /** Those of the verdict that are not of a worker that has just been frozen. */
  readonly unexplainedOverlaps: readonly Overlap[];
  readonly actions: ReadonlyMap<ActionName, number>;
  /** How long each wait for a settled group took. */
  readonly settledMs: readonly number[];
  readonly memory: readonly MemoryReport[];
  readonly errors: readonly LogError[];
  /** What must not be, beside losses: a worker that ended, a group that did not settle. */
  readonly complaints: readonly string[];
}

/**
 * A worker that wakes up does not know at once that its tasks run elsewhere by now: what
 * runs twice within this time after it is told apart from what must not run twice.
 */
const AWAKE_MS = 15_000;

/** How long a group may take to be as it should, and records to arrive. */
const SETTLE_MS = 180_000;

/**
 * Lets records run through a cluster of its own while workers, broker and connectors are
 * killed, frozen, stopped and changed by chance; then lets it come to rest and counts.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { kind, workers, recordsPerSecond, say } = options;
  const folder = makeRunFolder("soak");
  try {
    await using kafka = await startKafka();
    const { bootstrapServers } = kafka;
    const workload = await Workload.prepare({
      bootstrapServers,
      folder: folder.path,
      recordsPerSecond,
    });
    const plugins = [await journalSource(kind, folder.path)];
    const { properties = {} } = options;
    await using cluster = await ConnectCluster.start({
      kind,
      workers,
      bootstrapServers,
      plugins,
      properties,
    });
    say(`${workers} workers of kind ${kind}: ${cluster.workers.map(({ id }) => id).join(", ")}`);
    const complaints: string[] = [];
    const scene: Scene = {
      cluster,
      kafka,
      workload,
      random: new Random(options.seed),
      thawedAt: [],
      say,
      complain(text) {
        say(`WRONG: ${text}`);
        complaints.push(text);
      },
    };
    return { ...(await run(scene, options)), complaints };
  } finally {
    await folder.remove();
  }
}

/** The plugin that keeps journals, as a folder for `plugin.path`. */
export async function journalSource(kind: WorkerKind, folder: string): Promise<string> {
  if (kind === "millrace") return JOURNAL_SOURCE;
  const classes = `${folder}/java-plugins/journal-source`;
  await mkdir(classes, { recursive: true });
  await compileJavaPlugin(`${JOURNAL_SOURCE}/JournalSource.java`, classes);
  return `${folder}/java-plugins`;
}

async function run(
  scene: Scene,
  { durationMs, actions: allowed }: SoakOptions,
): Promise<Omit<SoakReport, "complaints">> {
  const { cluster, workload, random, say } = scene;
  await using memory = new MemoryWatch(cluster.workers);
  await workload.createAll(cluster);
  const settledMs: number[] = [];
  const actions = new Map<ActionName, number>();
  await settle(scene, settledMs);
  workload.startFeeding();
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    const action = chooseAction(random);
    if (!allowed.includes(action)) continue;
    actions.set(action, (actions.get(action) ?? 0) + 1);
    await ACTIONS[action].run(scene);
    await restartEnded(scene);
    if (random.next() < 0.4) await settle(scene, settledMs);
    else await sleep(random.between(0, 6_000));
  }
  say("coming to rest");
  await settle(scene, settledMs);
  await workload.stopFeeding();
  const verdict = await workload.judge(SETTLE_MS / 2);
  const logs = await Promise.all(cluster.workers.map(({ logFile }) => readFile(logFile, "utf8")));
  for (const line of logs.flatMap(unhandled)) scene.complain(`in a log: ${line.slice(0, 300)}`);
  const unexplainedOverlaps = verdict.overlaps.filter(
    ({ from }) => !scene.thawedAt.some((at) => from >= at - 1_000 && from < at + AWAKE_MS),
  );
  const errors = logErrors(logs.join("\n"));
  return { verdict, unexplainedOverlaps, actions, settledMs, memory: memory.report(), errors };
}

async function settle(scene: Scene, settledMs: number[]): Promise<void> {
  const { cluster, workload, say, complain } = scene;
  try {
    const tookMs = await cluster.waitSettled(workload.expected, { timeoutMs: SETTLE_MS });
    settledMs.push(tookMs);
    const arrived = await workload.arrived();
    const overlap = (await workload.overlaps())[0]?.durationMs ?? 0;
    say(
      `settled in ${(tookMs / 1_000).toFixed(1)} s; ${arrived} of ${workload.sent} have arrived; ` +
        `longest overlap ${overlap} ms`,
    );
  } catch (error) {
    complain((error as Error).message);
  }
}

async function restartEnded({ cluster, complain }: Scene): Promise<void> {
  for (const worker of cluster.workers.filter(({ hasEnded }) => hasEnded)) {
    complain(`${worker.id} has ended by itself, see ${worker.logFile}`);
    await worker.start();
  }
}
