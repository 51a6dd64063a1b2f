import { isConnectError } from "@millrace/connect-api";
import type { Logger } from "@millrace/connect-api";
import { KafkaClient } from "@millrace/kafka-client";
import type { ConnectProtocol } from "../../src/group/protocol.ts";
import { KINDS, noUnits, taskName, unitsOf } from "../../src/group/units.ts";
import type { Kind, Units } from "../../src/group/units.ts";
import { WorkerGroup } from "../../src/group/worker-group.ts";
import type { Assignment } from "../../src/group/assignment.ts";
import type { Work, WorkSnapshot } from "../../src/store/work.ts";

export interface ClusterOptions {
  bootstrapServers: string;
  groupId: string;
  maxDelayMs?: number;
  sessionTimeoutMs?: number;
}

/** What workers of a cluster share: the config topic, the status topic, and a judge of who runs what. */
export class TestCluster implements AsyncDisposable {
  readonly options: ClusterOptions;
  /** Number of tasks by connector. */
  readonly configured = new Map<string, number>();
  readonly released = noUnits();
  readonly workers: TestWorker[] = [];
  /** Work that was started while another worker ran it. */
  readonly clashes: string[] = [];
  offset = 0;

  constructor(options: ClusterOptions) {
    this.options = options;
  }

  start(protocol: ConnectProtocol = "sessioned"): TestWorker {
    const worker = new TestWorker(this, `worker-${this.workers.length}`, protocol);
    this.workers.push(worker);
    return worker;
  }

  /** Changes the config topic; every worker sees it, and asks for a rebalance. */
  configure(connectors: Record<string, number | null>): void {
    for (const [connector, tasks] of Object.entries(connectors)) {
      if (tasks === null) this.configured.delete(connector);
      else this.configured.set(connector, tasks);
    }
    this.offset++;
    for (const worker of this.alive) worker.group.requestRejoin("the config topic has changed");
  }

  get alive(): TestWorker[] {
    return this.workers.filter((worker) => worker.alive);
  }

  /** Everything that is to run runs in one place, and nobody has anything to join for. */
  get settled(): boolean {
    const { alive } = this;
    if (alive.some(({ group }) => group.rejoinNeeded || group.generation < 0)) return false;
    if (new Set(alive.map(({ group }) => group.generation)).size > 1) return false;
    return KINDS.every((kind) => {
      const running = alive.flatMap((worker) => [...worker.running[kind]]).sort();
      return running.join() === this.#wanted(kind).sort().join();
    });
  }

  /** How many of a kind each living worker runs, most first. */
  loads(kind: Kind): number[] {
    return this.alive.map(({ running }) => running[kind].size).sort((a, b) => b - a);
  }

  describe(): string {
    const workers = this.workers.map(({ id, alive, running, group, log }) => ({
      id,
      alive,
      generation: group.generation,
      running: [...running.connectors, ...running.tasks].join(" "),
      log: log.slice(-5),
    }));
    return JSON.stringify(workers, undefined, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.end()));
  }

  #wanted(kind: Kind): string[] {
    return [...this.configured].flatMap(([connector, tasks]) =>
      kind === "connectors"
        ? [connector]
        : Array.from({ length: tasks }, (_, task) => taskName({ connector, task })),
    );
  }
}

/** A worker that runs names instead of connectors. */
export class TestWorker {
  readonly id: string;
  readonly group: WorkerGroup;
  readonly log: string[] = [];
  readonly assignments: Assignment[] = [];
  readonly errors: unknown[] = [];
  /** What each call of the listener had to stop. */
  readonly revoked: Units[] = [];
  running = noUnits();
  alive = true;
  /** Runs before a stop is done. */
  stopping: () => Promise<void> = () => Promise.resolve();
  /** Told of what was revoked and assigned, when it is. */
  note: (event: string) => void = () => {};
  readonly #cluster: TestCluster;
  readonly #client: KafkaClient;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #wake: () => void = () => {};

  constructor(cluster: TestCluster, id: string, protocol: ConnectProtocol) {
    const { bootstrapServers, groupId, maxDelayMs = 0, sessionTimeoutMs = 6000 } = cluster.options;
    this.id = id;
    this.#cluster = cluster;
    this.#client = new KafkaClient({
      bootstrapServers: bootstrapServers.split(","),
      clientId: `connect-${id}`,
    });
    this.group = new WorkerGroup({
      client: this.#client,
      groupId,
      protocol,
      url: `http://${id}:8083/`,
      sessionTimeoutMs,
      heartbeatIntervalMs: 200,
      rebalanceTimeoutMs: 30_000,
      retryBackoffMs: 50,
      retryBackoffMaxMs: 500,
      maxDelayMs,
      configs: { snapshot: () => this.#snapshot(), refresh: () => Promise.resolve() },
      released: {
        refresh: () => Promise.resolve(),
        isReleased: (connector, task) =>
          task === undefined
            ? cluster.released.connectors.has(connector)
            : cluster.released.tasks.has(taskName({ connector, task })),
      },
      logger: this.#logger(),
      listener: {
        revoked: (work) => this.#revoke(work),
        rejoinNeeded: () => this.#wake(),
      },
    });
    this.#loop = this.#run();
  }

  /** Falls silent: its connections are gone, and nothing of it runs any more. */
  async crash(): Promise<void> {
    this.alive = false;
    this.#stop.abort();
    this.running = noUnits();
    await this.#client.close();
  }

  /** Stops its work, says so in the status topic, and leaves. */
  async goodbye(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#revoke({
      connectors: [...this.running.connectors],
      tasks: Array.from(this.running.tasks, (name) => {
        const at = name.lastIndexOf("-");
        return { connector: name.slice(0, at), task: Number(name.slice(at + 1)) };
      }),
    });
    this.alive = false;
    await this.group.close();
    await this.#client.close();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.group.close();
    await this.#client.close();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      signal.addEventListener("abort", () => this.#wake(), { once: true });
      try {
        const assignment = await this.group.ensureJoined(signal);
        if (assignment !== undefined) this.#start(assignment);
      } catch (error) {
        if (!signal.aborted) this.errors.push(error);
      }
      // Nothing to do, or nothing that another try at once would heal.
      if (!this.group.rejoinNeeded || this.#refused()) await woken;
    }
  }

  #refused(): boolean {
    return isConnectError(this.errors.at(-1));
  }

  #start(assignment: Assignment): void {
    this.assignments.push(assignment);
    this.note(`assigned in generation ${assignment.generation}`);
    const { work } = assignment;
    const units = unitsOf(work);
    for (const kind of KINDS)
      for (const unit of units[kind]) {
        if (this.running[kind].has(unit)) continue;
        const other = this.#cluster.workers.find(({ running }) => running[kind].has(unit));
        if (other !== undefined)
          this.#cluster.clashes.push(`${unit} in ${this.id} and ${other.id}`);
        this.running[kind].add(unit);
        this.#cluster.released[kind].delete(unit);
      }
  }

  async #revoke(work: Work): Promise<void> {
    const units = unitsOf(work);
    this.revoked.push(units);
    this.note(`revoked in generation ${this.group.generation}: ${[...units.tasks].join()}`);
    await this.stopping();
    for (const kind of KINDS)
      for (const unit of units[kind])
        if (this.running[kind].delete(unit)) this.#cluster.released[kind].add(unit);
  }

  #logger(): Logger {
    const note = (message: string): void => void this.log.push(message);
    return { trace: note, debug: note, info: note, warn: note, error: note };
  }

  #snapshot(): WorkSnapshot {
    const { configured, offset } = this.#cluster;
    return {
      offset,
      connectors: () => configured.keys(),
      has: (connector) => configured.has(connector),
      taskCount: (connector) => configured.get(connector) ?? 0,
    };
  }
}
