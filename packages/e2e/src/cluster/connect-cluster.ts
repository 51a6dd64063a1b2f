import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  ConnectAnswer,
  ConnectorConfig,
  ConnectorStatus,
  WorkerProperties,
} from "@millrace/services";
import { ClusterWorker, type WorkerKind } from "./cluster-worker.ts";
import {
  type Balance,
  balanceOf,
  type ExpectedConnector,
  isBalanced,
  type Placement,
  placementOf,
  unsettled,
} from "./placement.ts";

export interface ClusterOptions {
  readonly kind: WorkerKind;
  readonly workers: number;
  readonly bootstrapServers: string;
  /** Default: a new one. */
  readonly groupId?: string;
  /** Of every worker. */
  readonly properties?: WorkerProperties;
  /** Folders of plugins beside those that the workers have by themselves. */
  readonly plugins?: readonly string[];
}

/** Short times, so that a group notices soon what has happened to a worker. */
const PROPERTIES: WorkerProperties = {
  "scheduled.rebalance.max.delay.ms": 0,
  "session.timeout.ms": 6_000,
  "heartbeat.interval.ms": 1_500,
  "rebalance.timeout.ms": 20_000,
  "offset.flush.interval.ms": 1_000,
  "task.shutdown.graceful.timeout.ms": 5_000,
  "consumer.session.timeout.ms": 6_000,
  "consumer.heartbeat.interval.ms": 1_500,
  "key.converter": "org.apache.kafka.connect.storage.StringConverter",
  "value.converter": "org.apache.kafka.connect.storage.StringConverter",
};

const POLL_MS = 200;
/** Longer than a request can rightly wait for a rebalance. */
const ANSWER_MS = 30_000;

/** Distributed workers of one group, each a process with a port of its own. */
export class ConnectCluster implements AsyncDisposable {
  readonly groupId: string;
  readonly workers: readonly ClusterWorker[];
  #turn = 0;

  private constructor(groupId: string, workers: readonly ClusterWorker[]) {
    this.groupId = groupId;
    this.workers = workers;
  }

  /** The first worker makes the topics; then the others come, one by one. */
  static async start(options: ClusterOptions): Promise<ConnectCluster> {
    const { kind, bootstrapServers, plugins = [], groupId = `group-${randomUUID()}` } = options;
    const properties = { ...PROPERTIES, ...options.properties };
    const workers: ClusterWorker[] = [];
    try {
      for (let i = 0; i < options.workers; i++) {
        const worker = { bootstrapServers, groupId, properties, plugins };
        workers.push(await ClusterWorker.start(kind, worker));
      }
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.close()));
      throw error;
    }
    return new ConnectCluster(groupId, workers);
  }

  /** Workers that run and answer. */
  get up(): ClusterWorker[] {
    return this.workers.filter(({ state }) => state === "up");
  }

  /**
   * Sends a request to one worker after the other until one does it: a worker may be
   * down, or refuse because a rebalance is under way (409, 5xx).
   *
   * @throws Error with the last refusal when nobody does it in time
   */
  async request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = 120_000,
  ): Promise<ConnectAnswer<T>> {
    const deadline = Date.now() + timeoutMs;
    let refusal = "no worker is up";
    while (Date.now() < deadline) {
      const worker = this.up[this.#turn++ % this.up.length];
      try {
        const signal = AbortSignal.timeout(ANSWER_MS);
        const answer = await worker?.client.request<T>(method, path, body, signal);
        if (answer && answer.status !== 409 && answer.status < 500) return answer;
        if (answer) refusal = `${answer.status} ${JSON.stringify(answer.body)}`;
      } catch (error) {
        // It went down meanwhile, or does not answer.
        refusal = String(error);
      }
      await sleep(POLL_MS);
    }
    throw new Error(`${method} ${path} was not done in ${timeoutMs} ms: ${refusal}`);
  }

  /** Creates a connector, or changes its configuration. @throws Error when it is refused */
  async putConfig(name: string, config: ConnectorConfig): Promise<void> {
    await this.#done("PUT", `/connectors/${name}/config`, config);
  }

  async change(name: string, verb: "pause" | "resume" | "stop"): Promise<void> {
    await this.#done("PUT", `/connectors/${name}/${verb}`);
  }

  async delete(name: string): Promise<void> {
    const { status, body } = await this.request("DELETE", `/connectors/${name}`);
    // Not found: done by a request whose answer was lost.
    if (status >= 300 && status !== 404) throw refused("DELETE", name, status, body);
  }

  /** By what one worker that is up says. */
  async statuses(): Promise<ReadonlyMap<string, ConnectorStatus>> {
    const worker = this.up[0];
    if (worker === undefined) throw new Error("No worker is up");
    return await worker.client.statuses(AbortSignal.timeout(ANSWER_MS));
  }

  async placement(): Promise<Placement> {
    return placementOf(await this.statuses());
  }

  async balance(): Promise<Balance> {
    return balanceOf(await this.statuses(), this.#ids());
  }

  /**
   * Waits until all workers that are up say that all is as expected, twice with some time
   * between: right after a change, statuses still tell of the time before.
   *
   * @param options balanced: also that no worker has two more connectors or tasks than another
   * @returns how long it took, in milliseconds
   * @throws Error with what is missing when the time is over
   */
  async waitSettled(
    expected: ReadonlyMap<string, ExpectedConnector>,
    options: { readonly timeoutMs?: number; readonly balanced?: boolean } = {},
  ): Promise<number> {
    const { timeoutMs = 120_000, balanced = false } = options;
    const start = Date.now();
    let settledAt: number | undefined;
    for (;;) {
      const problems = await this.#unsettled(expected, balanced);
      if (problems.length > 0) settledAt = undefined;
      else if (settledAt === undefined) settledAt = Date.now();
      else if (Date.now() - settledAt >= 1_000) return settledAt - start;
      if (Date.now() - start > timeoutMs) {
        throw new Error(`Not settled after ${timeoutMs} ms:\n${problems.join("\n")}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Stops and starts one worker after the other. */
  async restartAll(): Promise<void> {
    for (const worker of this.workers) {
      await worker.stop();
      await worker.start();
    }
  }

  /** Ends all workers at once. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #unsettled(
    expected: ReadonlyMap<string, ExpectedConnector>,
    balanced: boolean,
  ): Promise<string[]> {
    const ids = this.#ids();
    const views = await Promise.all(
      this.up.map(async ({ id, client }) => {
        try {
          const statuses = await client.statuses(AbortSignal.timeout(ANSWER_MS));
          const problems = unsettled(statuses, expected, ids);
          const balance = balanceOf(statuses, ids);
          if (balanced && problems.length === 0 && !isBalanced(balance)) {
            problems.push(
              `unbalanced: ${JSON.stringify([...balance.connectors, ...balance.tasks])}`,
            );
          }
          return problems.map((problem) => `${id}: ${problem}`);
        } catch (error) {
          return [`${id}: ${String(error)}`];
        }
      }),
    );
    return views.length === 0 ? ["no worker is up"] : views.flat();
  }

  #ids(): Set<string> {
    return new Set(this.up.map(({ id }) => id));
  }

  async #done(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300) throw refused(method, path, answer.status, answer.body);
  }
}

function refused(method: string, what: string, status: number, body: unknown): Error {
  return new Error(`${method} ${what} was refused (${status}): ${JSON.stringify(body)}`);
}
