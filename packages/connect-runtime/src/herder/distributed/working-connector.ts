import type { Logger, Props } from "@millrace/connect-api";
import { traceOf } from "../../errors/trace.ts";
import type { ReportedState } from "../../store/status-store.ts";
import type { TargetState, UnitState } from "../../threads/units.ts";
import { AutomaticRestart } from "../automatic-restart.ts";
import { ConnectorLife, type StartOutcome } from "../connector-life.ts";
import { SerialQueue } from "../serial-queue.ts";
import { TaskConfigRequests } from "../task-config-requests.ts";
import { sameProps } from "../task-set.ts";
import { findPlugin, type WorkingContext } from "./working-context.ts";

/**
 * A connector that this worker runs for the cluster; its tasks may run anywhere. Starts and
 * stops follow one another. What it splits its work into goes to the leader.
 */
export class WorkingConnector {
  readonly name: string;
  readonly #context: WorkingContext;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  readonly #taskConfigs: TaskConfigRequests;
  readonly #automatic: AutomaticRestart;
  #life: ConnectorLife | undefined;
  #version: string | undefined;
  /** Given up: what was still to be started is not, for others may run it. */
  #over = false;

  constructor(name: string, context: WorkingContext) {
    this.name = name;
    this.#context = context;
    const logger = context.loggerOf(name);
    this.#logger = logger;
    this.#automatic = new AutomaticRestart({
      what: `Connector ${name}`,
      restart: () => void this.#restart(),
      logger,
    });
    this.#taskConfigs = new TaskConfigRequests({
      connector: name,
      apply: (life, configs) => this.#publish(life, configs),
      onTooMany: (life, error) => this.#reached(life, "FAILED", traceOf(error)),
      logger,
    });
  }

  /** Starts it with its newest configuration. @returns what came of it, once that is known */
  start(): Promise<StartOutcome> {
    return this.#queue.run(async () => this.#start()).then((life) => life?.started);
  }

  /** Ends one life and begins the next. @returns what came of it, once that is known */
  restart(): Promise<StartOutcome> {
    this.#automatic.forget();
    return this.#restart();
  }

  stop(): Promise<void> {
    this.#over = true;
    return this.#queue.run(async () => {
      await this.#end();
      this.#automatic.forget();
    });
  }

  setTargetState(target: TargetState): void {
    void this.#queue.run(async () => this.#life?.unit.setTargetState(target));
  }

  /** Asks it for its task configurations once more. */
  reconfigure(): void {
    if (this.#life?.running) this.#taskConfigs.ask(this.#life);
  }

  #restart(): Promise<StartOutcome> {
    const started = this.#queue.run(async () => {
      await this.#end();
      this.#record("RESTARTING", undefined);
      return this.#start();
    });
    return started.then((life) => life?.started);
  }

  get #config(): Props | undefined {
    return this.#context.snapshot().connectorConfig(this.name);
  }

  async #end(): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    await life?.stop();
  }

  #start(): ConnectorLife | undefined {
    const { threads, registry, snapshot } = this.#context;
    const config = this.#config;
    // Deleted since it was assigned: the rebalance that follows takes it away.
    if (this.#over || config === undefined) return undefined;
    let plugin;
    try {
      plugin = findPlugin(registry, config);
    } catch (error) {
      this.#version = undefined;
      this.#logger.error(`Connector ${this.name} has failed: ${(error as Error).message}`);
      this.#automatic.reached("FAILED", config, traceOf(error));
      this.#record("FAILED", traceOf(error));
      return undefined;
    }
    this.#version = plugin.version;
    const initialState = snapshot().targetState(this.name);
    const spec = { name: this.name, type: plugin.type, props: config, initialState };
    const life: ConnectorLife = new ConnectorLife(
      (listener) => threads.startConnector(spec, listener),
      {
        onState: (state, trace) => this.#reached(life, state, trace),
        onReconfigurationRequest: () => this.#taskConfigs.ask(life),
        onReloadRequest: () => this.#reload(life),
      },
    );
    this.#life = life;
    return life;
  }

  #reached(life: ConnectorLife, state: UnitState, trace: string | undefined): void {
    const logger = this.#logger;
    this.#automatic.reached(state, this.#config ?? {}, trace);
    this.#record(state, trace);
    if (state === "FAILED") logger.error(`Connector ${this.name} has failed: ${trace ?? ""}`);
    else logger.info(`Connector ${this.name} is ${state}`);
    if (state === "RUNNING") this.#taskConfigs.ask(life);
  }

  /** Values of its configuration are out of date. Its tasks go on (KIP-297). */
  #reload(life: ConnectorLife): void {
    const logger = this.#logger;
    const reloaded = this.#queue.run(async () => {
      if (this.#life !== life) return;
      logger.info(`Connector ${this.name} is restarted: values from config providers have expired`);
      await this.#end();
      this.#record("RESTARTING", undefined);
      this.#start();
    });
    reloaded.catch((error: unknown) => {
      logger.error(`Connector ${this.name} could not be restarted`, { error });
    });
  }

  #record(state: ReportedState, trace: string | undefined): void {
    const { statuses, workerId, generation } = this.#context;
    const status = {
      state,
      workerId,
      trace,
      version: this.#version,
      generation: generation(),
      restarts: this.#automatic.count,
    };
    if (this.#config === undefined) statuses.deleteConnector(this.name);
    else if (state === "UNASSIGNED" || state === "FAILED") {
      statuses.putConnectorSafe(this.name, status);
    } else statuses.putConnector(this.name, status);
  }

  async #publish(life: ConnectorLife, configs: readonly Props[]): Promise<void> {
    const snapshot = this.#context.snapshot();
    const config = snapshot.connectorConfig(this.name);
    // Since the question the connector may have been stopped, replaced or deleted.
    if (this.#life !== life || !life.running || config === undefined) return;
    if (snapshot.targetState(this.name) !== "STARTED") return;
    const applied = snapshot.appliedConnectorConfig(this.name);
    const known = snapshot.taskConfigs(this.name);
    const same =
      !snapshot.isInconsistent(this.name) &&
      applied !== undefined &&
      sameProps(applied, config) &&
      known.length === configs.length &&
      configs.every((task, i) => sameProps(task, known[i]!));
    if (!same) await this.#context.publishTaskConfigs(this.name, configs);
  }
}
