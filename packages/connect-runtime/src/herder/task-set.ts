import type { Logger, Props } from "@millrace/connect-api";
import type { StatusStore } from "../store/status-store.ts";
import { AutomaticRestart } from "./automatic-restart.ts";
import type { TargetState, TaskUnit, Threads, UnitListener, UnitState } from "../threads/units.ts";

export interface TaskSetOptions {
  readonly connector: string;
  readonly threads: Threads;
  readonly statuses: StatusStore;
  readonly workerId: string;
  /** A task that has failed is to be started again (`errors.restart.*`). */
  readonly restart: (task: number) => void;
  readonly loggerOf: (task: number) => Logger;
  /** A task has reached a state; its status is recorded already. */
  readonly onState: (task: number, state: UnitState, trace: string | undefined) => void;
}

/** What tasks are made of besides their own configurations. */
export interface TaskBasis {
  readonly type: "source" | "sink";
  readonly version: string;
  readonly connectorProps: Props;
  readonly target: TargetState;
}

/** The tasks of one connector: their configurations, what runs of them, their statuses. */
export class TaskSet {
  readonly #options: TaskSetOptions;
  #configs: readonly Props[] = [];
  /** Of the connector configuration that the tasks were made with. */
  #madeFrom: Props | undefined;
  readonly #running = new Map<number, { unit: TaskUnit; over: AbortController }>();
  readonly #automatic = new Map<number, AutomaticRestart>();

  constructor(options: TaskSetOptions) {
    this.#options = options;
  }

  get configs(): readonly Props[] {
    return this.#configs;
  }

  /** True when these configurations, made with this connector configuration, are not those at work. */
  differs(configs: readonly Props[], connectorProps: Props): boolean {
    return (
      configs.length !== this.#configs.length ||
      this.#madeFrom === undefined ||
      !sameProps(connectorProps, this.#madeFrom) ||
      configs.some((config, task) => !sameProps(config, this.#configs[task]!))
    );
  }

  /** Ends all tasks and starts those of the new configurations. */
  async replace(configs: readonly Props[], basis: TaskBasis): Promise<void> {
    await this.stop([...this.#running.keys()]);
    this.#forgetAllRestarts();
    for (let task = configs.length; task < this.#configs.length; task++) {
      this.#options.statuses.deleteTask(this.#options.connector, task);
    }
    this.#configs = configs;
    this.#madeFrom = basis.connectorProps;
    for (const task of configs.keys()) this.start(task, basis);
  }

  /** Ends all tasks and forgets them. */
  async clear(): Promise<void> {
    await this.stop([...this.#running.keys()]);
    this.#forgetAllRestarts();
    for (const task of this.#configs.keys()) {
      this.#options.statuses.deleteTask(this.#options.connector, task);
    }
    this.#configs = [];
    this.#madeFrom = undefined;
  }

  start(task: number, basis: TaskBasis): void {
    const { connector, threads } = this.#options;
    const over = new AbortController();
    const listener: UnitListener = {
      onState: (state, trace) => {
        if (over.signal.aborted) return;
        this.#automaticOf(task).reached(state, basis.connectorProps, trace);
        this.#record(task, state, basis.version, trace);
        this.#options.onState(task, state, trace);
      },
    };
    const unit = threads.startTask(
      {
        connector,
        task,
        type: basis.type,
        connectorProps: basis.connectorProps,
        taskProps: this.#configs[task]!,
        initialState: basis.target,
      },
      listener,
    );
    this.#running.set(task, { unit, over });
  }

  /** Its restarts by itself are counted from now on. */
  forgetRestarts(task: number): void {
    this.#automatic.get(task)?.forget();
  }

  /** Ends tasks, together; resolves when all have ended or were given up. */
  async stop(tasks: readonly number[]): Promise<void> {
    await Promise.all(
      tasks.map(async (task) => {
        const running = this.#running.get(task);
        if (running === undefined) return;
        this.#running.delete(task);
        try {
          await running.unit.stop();
        } finally {
          running.over.abort();
        }
      }),
    );
  }

  setTargetState(target: TargetState): void {
    for (const { unit } of this.#running.values()) unit.setTargetState(target);
  }

  /** Says that a task is about to be restarted, until it says something itself. */
  recordRestarting(task: number, version: string): void {
    this.#record(task, "RESTARTING", version, undefined);
  }

  #automaticOf(task: number): AutomaticRestart {
    const { connector, restart, loggerOf } = this.#options;
    let automatic = this.#automatic.get(task);
    if (automatic === undefined) {
      const what = `Task ${connector}-${task}`;
      const logger = loggerOf(task);
      automatic = new AutomaticRestart({ what, restart: () => restart(task), logger });
      this.#automatic.set(task, automatic);
    }
    return automatic;
  }

  #forgetAllRestarts(): void {
    for (const automatic of this.#automatic.values()) automatic.forget();
    this.#automatic.clear();
  }

  #record(
    task: number,
    state: UnitState | "RESTARTING",
    version: string,
    trace: string | undefined,
  ): void {
    const { statuses, connector, workerId } = this.#options;
    const restarts = this.#automatic.get(task)?.count;
    statuses.putTask(connector, task, {
      state,
      workerId,
      generation: 0,
      version,
      trace,
      restarts,
    });
  }
}

export function sameProps(a: Props, b: Props): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}
