import { type Logger, NotFoundError, type Props } from "@millrace/connect-api";
import { traceOf } from "../errors/trace.ts";
import type { ReportedState, StatusStore } from "../store/status-store.ts";
import type { TargetState, Threads, UnitState } from "../threads/units.ts";
import { AutomaticRestart } from "./automatic-restart.ts";
import { mustBeStopped } from "./connector-offsets.ts";
import { ConnectorLife, type StartOutcome } from "./connector-life.ts";
import { SerialQueue } from "./serial-queue.ts";
import { TaskConfigRequests } from "./task-config-requests.ts";
import { TaskSet } from "./task-set.ts";

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
  readonly statuses: StatusStore;
  readonly workerId: string;
  /** For lines about a connector, or about one of its tasks. */
  readonly loggerOf: (connector: string, task?: number) => Logger;
  /** It has other tasks now: so many. */
  readonly onTasks: (count: number) => void;
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
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  readonly #tasks: TaskSet;
  readonly #taskConfigs: TaskConfigRequests;
  readonly #automatic: AutomaticRestart;
  #definition: ConnectorDefinition;
  #target: TargetState;
  #life: ConnectorLife | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    definition: ConnectorDefinition,
    target: TargetState,
    options: ManagedConnectorOptions,
  ) {
    this.name = options.name;
    this.#options = options;
    const logger = options.loggerOf(options.name);
    this.#logger = logger;
    this.#definition = definition;
    this.#target = target;
    this.#tasks = new TaskSet({
      connector: options.name,
      threads: options.threads,
      statuses: options.statuses,
      workerId: options.workerId,
      restart: (task) => void this.#restartByItself(false, [task]),
      loggerOf: (task) => options.loggerOf(options.name, task),
      onState: (task, state, trace) =>
        tell(options.loggerOf(options.name, task), `Task ${options.name}-${task}`, state, trace),
    });
    this.#automatic = new AutomaticRestart({
      what: `Connector ${options.name}`,
      restart: () => void this.#restartByItself(true, []),
      logger,
    });
    this.#taskConfigs = new TaskConfigRequests({
      connector: options.name,
      apply: (life, configs) => this.#queue.run(() => this.#applyTaskConfigs(life, configs)),
      onTooMany: (life, error) => this.#reached(life, "FAILED", traceOf(error)),
      logger,
    });
  }

  get definition(): ConnectorDefinition {
    return this.#definition;
  }

  /** What is wanted of it. */
  get target(): TargetState {
    return this.#target;
  }

  get taskConfigs(): readonly Props[] {
    return this.#tasks.configs;
  }

  start(): Promise<void> {
    return this.#operate(async () => this.#startConnector());
  }

  /** Restarts the connector with another configuration; its tasks follow where theirs differ. */
  change(definition: ConnectorDefinition): Promise<void> {
    this.#automatic.forget();
    return this.#operate(async () => {
      await this.#life?.stop();
      this.#definition = definition;
      this.#startConnector();
    });
  }

  setTargetState(target: TargetState): Promise<void> {
    if (target === "STOPPED") this.#automatic.forget();
    return this.#operate(async () => {
      this.#target = target;
      if (target === "STOPPED") await this.#tasks.clear();
      else this.#tasks.setTargetState(target);
      this.#life?.unit.setTargetState(target);
    });
  }

  /** Restarts the connector, or some of its tasks, or both. */
  restart(connector: boolean, tasks: readonly number[]): Promise<void> {
    if (connector) this.#automatic.forget();
    for (const task of tasks) this.#tasks.forgetRestarts(task);
    return this.#operate(() => this.#restart(connector, tasks));
  }

  /**
   * Does something that nothing of the connector may run meanwhile: it is resumed, changed and
   * deleted after that.
   * @throws {BadRequestError} when it is not stopped
   */
  async whileStopped<T>(operation: (definition: ConnectorDefinition) => Promise<T>): Promise<T> {
    let result!: T;
    await this.#operate(async () => {
      if (this.#target !== "STOPPED" || this.#tasks.configs.length > 0) {
        throw mustBeStopped(this.name);
      }
      result = await operation(this.#definition);
    });
    return result;
  }

  /** True from the first call of `close` on: nothing may be asked of it any more. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends the tasks, then the connector, for good. Nothing is reported any more once it resolves. */
  close(): Promise<void> {
    this.#closing ??= this.#queue.run(async () => {
      this.#automatic.forget();
      await this.#tasks.stop([...this.#tasks.configs.keys()]);
      await this.#life?.stop();
      this.#life = undefined;
    });
    return this.#closing;
  }

  /** What came of the latest start, once it is known and the tasks are made. */
  async settled(): Promise<StartOutcome> {
    const outcome = await this.#life?.started;
    await this.#taskConfigs.answered();
    return outcome;
  }

  /** @throws {NotFoundError} after `close`: what it started would be left running */
  async #operate(operation: () => Promise<void>): Promise<void> {
    if (this.closed) throw new NotFoundError(`Connector ${this.name} not found`);
    return this.#queue.run(operation);
  }

  async #restart(connector: boolean, tasks: readonly number[]): Promise<void> {
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
  }

  async #restartByItself(connector: boolean, tasks: readonly number[]): Promise<void> {
    if (!this.closed) await this.#queue.run(() => this.#restart(connector, tasks));
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
        onReconfigurationRequest: () => this.#taskConfigs.ask(life),
        onReloadRequest: () => this.#reload(life),
      },
    );
    this.#life = life;
  }

  /** Values of its configuration are out of date. Its tasks go on (KIP-297). */
  #reload(life: ConnectorLife): void {
    const logger = this.#logger;
    const reloaded = this.#queue.run(async () => {
      if (this.closed || this.#life !== life) return;
      logger.info(`Connector ${this.name} is restarted: values from config providers have expired`);
      await this.#restart(true, []);
    });
    reloaded.catch((error: unknown) => {
      logger.error(`Connector ${this.name} could not be restarted`, { error });
    });
  }

  #reached(life: ConnectorLife, state: UnitState, trace: string | undefined): void {
    this.#automatic.reached(state, this.#definition.config, trace);
    this.#record(state, trace);
    tell(this.#logger, `Connector ${this.name}`, state, trace);
    if (state === "RUNNING") this.#taskConfigs.ask(life);
  }

  #record(state: ReportedState, trace: string | undefined): void {
    const { statuses, workerId } = this.#options;
    const { version } = this.#definition;
    const restarts = this.#automatic.count;
    statuses.putConnector(this.name, { state, workerId, generation: 0, trace, version, restarts });
  }

  async #applyTaskConfigs(life: ConnectorLife, configs: readonly Props[]): Promise<void> {
    // Since the question the connector may have been stopped, or replaced.
    if (this.#life !== life || !life.running || this.#target !== "STARTED") return;
    if (!this.#tasks.differs(configs, this.#definition.config)) return;
    this.#options.onTasks(configs.length);
    await this.#tasks.replace(configs, this.#basis());
  }

  #basis() {
    const { type, version, config } = this.#definition;
    return { type, version, connectorProps: config, target: this.#target };
  }
}

/** What operators want to find in the log: every state that something reached, and when. */
function tell(logger: Logger, what: string, state: UnitState, trace: string | undefined): void {
  if (state === "FAILED") logger.error(`${what} has failed: ${trace ?? ""}`);
  else logger.info(`${what} is ${state}`);
}
