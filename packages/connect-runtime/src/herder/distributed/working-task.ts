import { ConnectError, type Logger } from "@millrace/connect-api";
import { traceOf } from "../../errors/trace.ts";
import type { ReportedState } from "../../store/status-store.ts";
import type { TargetState, TaskSpec, TaskUnit, UnitState } from "../../threads/units.ts";
import type { TaskId } from "../../store/work.ts";
import { AutomaticRestart } from "../automatic-restart.ts";
import { SerialQueue } from "../serial-queue.ts";
import { fenceFirst } from "./fence-first.ts";
import { type ExactlyOnceContext, findPlugin, type WorkingContext } from "./working-context.ts";

interface Running {
  /** Undefined until earlier tasks are fenced off. */
  unit: TaskUnit | undefined;
  /** Nobody listens to it any more. */
  readonly over: AbortController;
  /** It is not to begin any more. */
  readonly fencing: AbortController;
  isFencing: boolean;
}

/** A task that this worker runs for the cluster. Starts and stops follow one another. */
export class WorkingTask {
  readonly id: TaskId;
  readonly #context: WorkingContext;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  readonly #automatic: AutomaticRestart;
  #running: Running | undefined;
  #version: string | undefined;
  /** How often its connector's tasks were configured when it was started; undefined: its start is still to come. */
  #configured: number | undefined;
  /** Given up: what was still to be started is not, for others may run it. */
  #over = false;

  constructor(id: TaskId, context: WorkingContext) {
    this.id = id;
    this.#context = context;
    this.#logger = context.loggerOf(id.connector, id.task);
    this.#automatic = new AutomaticRestart({
      what: `Task ${id.connector}-${id.task}`,
      restart: () => void this.#restart(),
      logger: this.#logger,
    });
  }

  /** Its configuration, or that of another task of its connector, has changed since it was started. */
  get isOutdated(): boolean {
    const newest = this.#context.snapshot().taskConfigGeneration(this.id.connector);
    return this.#configured !== undefined && this.#configured < newest;
  }

  /** Starts it with its newest configuration. */
  start(): Promise<void> {
    return this.#queue.run(async () => this.#start());
  }

  restart(): Promise<void> {
    this.#automatic.forget();
    return this.#restart();
  }

  /** Resolves when it has ended, or was given up after its grace time. */
  stop(): Promise<void> {
    this.#over = true;
    return this.#queue.run(async () => {
      await this.#end();
      this.#automatic.forget();
    });
  }

  setTargetState(target: TargetState): void {
    void this.#queue.run(async () => this.#running?.unit?.setTargetState(target));
  }

  #restart(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#end();
      this.#record("RESTARTING", undefined);
      this.#start();
    });
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.fencing.abort();
    try {
      await running?.unit?.stop();
    } finally {
      running?.over.abort();
    }
    // One that had not begun says nothing itself.
    if (running?.isFencing === true) this.#record("UNASSIGNED", undefined);
  }

  #start(): void {
    const { registry, snapshot } = this.#context;
    const { connector, task } = this.id;
    const configs = snapshot();
    const connectorProps = configs.connectorConfig(connector);
    const taskProps = configs.taskConfigs(connector)[task];
    this.#configured = taskProps === undefined ? -1 : configs.taskConfigGeneration(connector);
    // Gone since it was assigned, or not complete: the rebalance that follows takes it away.
    if (this.#over || connectorProps === undefined || taskProps === undefined) return;
    try {
      const { type, version } = findPlugin(registry, connectorProps);
      this.#version = version;
      const spec = { connector, task, type, connectorProps, taskProps };
      const running: Running = {
        unit: undefined,
        over: new AbortController(),
        fencing: new AbortController(),
        isFencing: false,
      };
      this.#running = running;
      const { exactlyOnce } = this.#context;
      if (exactlyOnce === undefined || type !== "source") this.#run(running, spec);
      else {
        const generation = configs.taskConfigGeneration(connector);
        void this.#fenceAndRun(running, spec, exactlyOnce, generation);
      }
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      this.#version = undefined;
      this.#reached("FAILED", traceOf(error));
    }
  }

  /** Is not waited for by who starts it: the leader may be away for long. */
  async #fenceAndRun(
    running: Running,
    spec: Omit<TaskSpec, "initialState">,
    { fence, transactionalId, offsetsTopic }: ExactlyOnceContext,
    generation: number,
  ): Promise<void> {
    const { connector, task } = this.id;
    const { signal } = running.fencing;
    running.isFencing = true;
    try {
      await fenceFirst(connector, fence, signal, this.#logger);
    } catch (error) {
      if (signal.aborted) return;
      running.isFencing = false;
      return this.#reached("FAILED", traceOf(error));
    }
    if (signal.aborted) return;
    running.isFencing = false;
    const id = transactionalId(connector, task);
    const exactlyOnce = {
      transactionalId: id,
      offsetsTopic: offsetsTopic(connector),
      generation,
    };
    this.#run(running, { ...spec, exactlyOnce });
  }

  #run(running: Running, spec: Omit<TaskSpec, "initialState">): void {
    const { threads, snapshot } = this.#context;
    const initialState = snapshot().targetState(this.id.connector);
    running.unit = threads.startTask(
      { ...spec, initialState },
      {
        onState: (state, trace) => {
          if (!running.over.signal.aborted) this.#reached(state, trace);
        },
      },
    );
  }

  #reached(state: UnitState, trace: string | undefined): void {
    const logger = this.#logger;
    const { snapshot } = this.#context;
    const { connector, task } = this.id;
    this.#automatic.reached(state, snapshot().connectorConfig(connector) ?? {}, trace);
    this.#record(state, trace);
    if (state === "FAILED") logger.error(`Task ${connector}-${task} has failed: ${trace ?? ""}`);
    else logger.info(`Task ${connector}-${task} is ${state}`);
  }

  #record(state: ReportedState, trace: string | undefined): void {
    const { statuses, workerId, generation, snapshot } = this.#context;
    const { connector, task } = this.id;
    const status = {
      state,
      workerId,
      trace,
      version: this.#version,
      generation: generation(),
      restarts: this.#automatic.count,
    };
    if (!snapshot().has(connector)) statuses.deleteTask(connector, task);
    else if (state === "UNASSIGNED" || state === "FAILED") {
      statuses.putTaskSafe(connector, task, status);
    } else statuses.putTask(connector, task, status);
  }
}
