import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, type Logger, NotFoundError, type Props } from "@millrace/connect-api";
import { traceOf } from "../errors/trace.ts";
import type { MemoryStatusStore, ReportedState } from "../store/status-store.ts";
import type { TargetState, Threads, UnitState } from "../threads/units.ts";
import { ConnectorLife, type StartOutcome } from "./connector-life.ts";
import { withLimit } from "./limit.ts";
import { SerialQueue } from "./serial-queue.ts";
import { TaskSet } from "./task-set.ts";

/** How long a connector may take to split its work before it is asked again. */
const TASK_CONFIGS_LIMIT_MS = 60_000;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 60_000;

/** A connector as it was submitted and as its class was found. */
export interface ConnectorDefinition {
  readonly config: Props;
  readonly type: "source" | "sink";
  /** Of the plugin, as statuses show it. */
  readonly version: string;
}

export interface ManagedConnectorOptions {
  readonly name: string;
  readonly threads: Threads;
  readonly statuses: MemoryStatusStore;
  readonly workerId: string;
  readonly logger: Logger;
}

/** Task configurations are being asked for. */
interface Asking {
  readonly life: ConnectorLife;
  /** To be asked once more: the last answer failed, or is out of date. */
  again: boolean;
  /** Resolves after the first answer, whatever it was. */
  readonly first: Promise<void>;
}

/**
 * One connector of a standalone worker: brings what runs in line with what is wanted.
 * Operations follow one another; none of them waits for a plugin without a limit. Task
 * configurations are asked for beside the queue, so that a connector which does not
 * answer can still be stopped, changed and deleted.
 */
export class ManagedConnector {
  readonly name: string;
  /** Changes of the configuration, each of which begins from the one before. */
  readonly changes = new SerialQueue();
  readonly #options: ManagedConnectorOptions;
  readonly #queue = new SerialQueue();
  readonly #tasks: TaskSet;
  #definition: ConnectorDefinition;
  #target: TargetState;
  #life: ConnectorLife | undefined;
  #asking: Asking | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    definition: ConnectorDefinition,
    target: TargetState,
    options: ManagedConnectorOptions,
  ) {
    this.name = options.name;
    this.#options = options;
    this.#definition = definition;
    this.#target = target;
    this.#tasks = new TaskSet({
      connector: options.name,
      threads: options.threads,
      statuses: options.statuses,
      workerId: options.workerId,
      onState: (task, state, trace) => this.#tell(`Task ${options.name}-${task}`, state, trace),
    });
  }

  get definition(): ConnectorDefinition {
    return this.#definition;
  }

  get taskConfigs(): readonly Props[] {
    return this.#tasks.configs;
  }

  start(): Promise<void> {
    return this.#operate(async () => this.#startConnector());
  }

  /** Restarts the connector with another configuration; its tasks follow where theirs differ. */
  change(definition: ConnectorDefinition): Promise<void> {
    return this.#operate(async () => {
      await this.#life?.stop();
      this.#definition = definition;
      this.#startConnector();
    });
  }

  setTargetState(target: TargetState): Promise<void> {
    return this.#operate(async () => {
      this.#target = target;
      if (target === "STOPPED") await this.#tasks.clear();
      else this.#tasks.setTargetState(target);
      this.#life?.unit.setTargetState(target);
    });
  }

  /** Restarts the connector, or some of its tasks, or both. */
  restart(connector: boolean, tasks: readonly number[]): Promise<void> {
    return this.#operate(async () => {
      const known = tasks.filter((task) => task < this.#tasks.configs.length);
      await Promise.all([connector ? this.#life?.stop() : undefined, this.#tasks.stop(known)]);
      if (connector) {
        this.#record("RESTARTING", undefined);
        this.#startConnector();
      }
      for (const task of known) {
        this.#tasks.recordRestarting(task, this.#definition.version);
        this.#tasks.start(task, this.#basis());
      }
    });
  }

  /** True from the first call of `close` on: nothing may be asked of it any more. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends the tasks, then the connector, for good. Nothing is reported any more once it resolves. */
  close(): Promise<void> {
    this.#closing ??= this.#queue.run(async () => {
      await this.#tasks.stop([...this.#tasks.configs.keys()]);
      await this.#life?.stop();
      this.#life = undefined;
    });
    return this.#closing;
  }

  /** What came of the latest start, once it is known and the tasks are made. */
  async settled(): Promise<StartOutcome> {
    const outcome = await this.#life?.started;
    await this.#asking?.first;
    return outcome;
  }

  /** @throws {NotFoundError} after `close`: what it started would be left running */
  async #operate(operation: () => Promise<void>): Promise<void> {
    if (this.closed) throw new NotFoundError(`Connector ${this.name} not found`);
    return this.#queue.run(operation);
  }

  #startConnector(): void {
    const { threads } = this.#options;
    const { config, type } = this.#definition;
    const life: ConnectorLife = new ConnectorLife(
      (listener) =>
        threads.startConnector(
          { name: this.name, type, props: config, initialState: this.#target },
          listener,
        ),
      {
        onState: (state, trace) => this.#reached(life, state, trace),
        onReconfigurationRequest: () => this.#updateTasks(life),
      },
    );
    this.#life = life;
  }

  #reached(life: ConnectorLife, state: UnitState, trace: string | undefined): void {
    this.#record(state, trace);
    this.#tell(`Connector ${this.name}`, state, trace);
    if (state === "RUNNING") this.#updateTasks(life);
  }

  /** What operators want to find in the log: every state that something reached, and when. */
  #tell(what: string, state: UnitState, trace: string | undefined): void {
    const { logger } = this.#options;
    if (state === "FAILED") logger.error(`${what} has failed: ${trace ?? ""}`);
    else logger.info(`${what} is ${state}`);
  }

  #record(state: ReportedState, trace: string | undefined): void {
    const { statuses, workerId } = this.#options;
    statuses.putConnector(this.name, { state, workerId, trace, version: this.#definition.version });
  }

  /** Asks for task configurations, once at a time for each life. */
  #updateTasks(life: ConnectorLife): void {
    if (this.#asking?.life === life) {
      this.#asking.again = true;
      return;
    }
    let tried: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (tried = resolve));
    const asking: Asking = { life, again: true, first };
    this.#asking = asking;
    void this.#askWhileWanted(asking, tried);
  }

  /**
   * A connector that cannot split its work is asked again, ever more slowly, while its
   * old tasks go on (Java: KAFKA-14732).
   */
  async #askWhileWanted(asking: Asking, tried: () => void): Promise<void> {
    const { life } = asking;
    for (let failures = 0; asking.again && life.running;) {
      asking.again = false;
      const failure = await this.#askOnce(life);
      tried();
      if (failure instanceof TooManyTasksError) this.#reached(life, "FAILED", traceOf(failure));
      else if (failure !== undefined) {
        asking.again = true;
        const pauseMs = Math.min(FIRST_BACKOFF_MS * 2 ** failures++, LONGEST_BACKOFF_MS);
        this.#options.logger.warn(
          `Connector ${this.name} could not split its work into tasks; asking again in ${pauseMs} ms: ${failure.message}`,
        );
        // The wait ends early, and quietly, when the connector is stopped.
        await delay(pauseMs, undefined, { signal: life.over }).catch(() => undefined);
      }
    }
    tried();
    if (this.#asking === asking) this.#asking = undefined;
  }

  /** @returns what went wrong */
  async #askOnce(life: ConnectorLife): Promise<Error | undefined> {
    const tasksMax = Number(this.#definition.config["tasks.max"] ?? 1);
    try {
      const configs = await withLimit(
        life.unit.taskConfigs(tasksMax),
        TASK_CONFIGS_LIMIT_MS,
        `Connector ${this.name} gave no task configurations`,
      );
      this.#checkCount(configs.length, tasksMax);
      await this.#queue.run(() => this.#applyTaskConfigs(life, configs));
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #applyTaskConfigs(life: ConnectorLife, configs: readonly Props[]): Promise<void> {
    // Since the question the connector may have been stopped, or replaced.
    if (this.#life !== life || !life.running || this.#target !== "STARTED") return;
    if (!this.#tasks.differs(configs, this.#definition.config)) return;
    await this.#tasks.replace(configs, this.#basis());
  }

  #checkCount(count: number, tasksMax: number): void {
    if (count <= tasksMax) return;
    const error = new TooManyTasksError(this.name, count, tasksMax);
    if (/^\s*false\s*$/i.test(this.#definition.config["tasks.max.enforce"] ?? "")) {
      this.#options.logger.warn(`${error.message} It is let through by tasks.max.enforce=false.`);
    } else throw error;
  }

  #basis() {
    const { type, version, config } = this.#definition;
    return { type, version, connectorProps: config, target: this.#target };
  }
}

/** A connector made more tasks than it may; asking again would not help. */
class TooManyTasksError extends ConnectError {
  constructor(name: string, count: number, tasksMax: number) {
    super(
      `The connector ${name} has generated ${count} tasks, more than the ${tasksMax} that tasks.max allows: this is a defect of the connector. Raise tasks.max, or set tasks.max.enforce to false until it is mended.`,
      { javaName: "org.apache.kafka.connect.runtime.TooManyTasksException" },
    );
  }
}
