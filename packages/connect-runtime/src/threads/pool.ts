import { ConnectError, type Props } from "@millrace/connect-api";
import type { DryRunSteps } from "../dry-run/steps.ts";
import { traceOf } from "../errors/trace.ts";
import type { ThreadSubject } from "../metrics/worker-groups.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import { type LogEntry, type LogLevel, WORKER_CONTEXT } from "../task/logger.ts";
import { blame, type Culprit } from "./blame.ts";
import { type Host, Hosts, type Purpose } from "./hosts.ts";
import type { FromThread, MainMethods } from "./protocol.ts";
import { Questions } from "./questions.ts";
import type {
  AlteredConnector,
  ConnectorListener,
  ConnectorSpec,
  ConnectorUnit,
  NewOffsets,
  TargetState,
  TaskSpec,
  TaskUnit,
  Threads,
  UnitListener,
  UnitState,
} from "./units.ts";

/** How long past its grace time the answer of a unit is waited for. */
const ANSWER_MS = 1_000;

/** Where lines of threads go (`Logging`). */
export interface ThreadLogs {
  write(entry: LogEntry): void;
  /** There is a logger of this name, whatever it has to say. */
  know(logger: string): void;
  /** One Int32: threads do not send lines of less severity. */
  readonly floor: SharedArrayBuffer;
}

export interface ThreadsOptions {
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  /** Values in it that came from config providers, to be hidden (I5). */
  readonly workerSecrets?: readonly string[];
  readonly plugins: readonly PluginLocation[];
  readonly offsets: OffsetStore;
  /** What tasks that deliver exactly once ask; undefined where there are none. */
  readonly exactlyOnce?: Pick<MainMethods, "offsetKeys" | "copyOffsets" | "isCurrent"> | undefined;
  /** How many threads tasks share (`task.threads`). */
  readonly taskThreads: number;
  /** `task.shutdown.graceful.timeout.ms` */
  readonly graceMs: number;
  /** `task.thread.stuck.ms`: a thread whose event loop stands still for longer is ended. */
  readonly stuckMs: number;
  /** `task.thread.max.heap.mb`: a thread that holds more is ended. */
  readonly maxHeapMb: number;
  readonly log: ThreadLogs;
  readonly onActiveTopic: (connector: string, task: number, topic: string) => void;
}

type Unit = {
  readonly id: number;
  readonly name: string;
  readonly listener: UnitListener & Partial<ConnectorListener>;
  target: TargetState;
  /** What it has reported last. */
  state: UnitState | undefined;
  /** Undefined: it runs nowhere, because it broke its thread or has failed before that broke. */
  host: Host | undefined;
  stopping: boolean;
} & (
  | { readonly kind: "connector"; readonly spec: ConnectorSpec }
  | { readonly kind: "task"; readonly spec: TaskSpec }
);

/**
 * Makes the threads that plugin code runs in: one for all connectors, one for validations, a
 * few that tasks share, and one of its own for each unit that asks for it
 * (`task.isolation=dedicated`) or may have broken the one it shared.
 */
export function createThreads(options: ThreadsOptions): Threads {
  return new ThreadPool(options);
}

class ThreadPool implements Threads {
  readonly #options: ThreadsOptions;
  readonly #units = new Map<number, Unit>();
  readonly #hosts: Hosts;
  readonly #questions: Questions;
  #nextUnit = 0;

  constructor(options: ThreadsOptions) {
    const { offsets, exactlyOnce } = options;
    this.#options = options;
    this.#hosts = new Hosts({
      ...options,
      logFloor: options.log.floor,
      methods: {
        readOffsets: (keys) => offsets.get(keys),
        writeOffsets: (entries) => offsets.set(entries),
        offsetKeys: async (keys) => exactlyOnce?.offsetKeys(keys) ?? [...keys],
        copyOffsets: async (entries) => exactlyOnce?.copyOffsets(entries),
        isCurrent: async (...task) => exactlyOnce?.isCurrent(...task) ?? true,
      },
      onMessage: (message) => this.#received(message),
      onEnd: (host, error, culprit) => this.#ended(host, error, culprit),
      warn: (message) => this.#log("warn", message),
    });
    this.#questions = new Questions(this.#hosts);
  }

  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit {
    const name = `connector ${spec.name}`;
    const unit = this.#start({ kind: "connector", spec, name }, listener, "connectors");
    return {
      setTargetState: (state) => this.#setTargetState(unit, state),
      taskConfigs: async () => {
        if (unit.host) return unit.host.thread.ask("taskConfigs", [unit.id]);
        throw new ConnectError(`Connector ${spec.name} has failed: restart it`);
      },
      stop: () => this.#stop(unit),
    };
  }

  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit {
    const name = `task ${spec.connector}-${spec.task}`;
    const purpose = purposeOf(spec.connectorProps["task.isolation"]);
    if (purpose === "inline") {
      this.#log(
        "warn",
        `${name} runs in the main thread (task.isolation=inline): it is not watched, cannot be ended, and can end or block the whole worker`,
      );
    }
    const unit = this.#start({ kind: "task", spec, name }, listener, purpose);
    return {
      setTargetState: (state) => this.#setTargetState(unit, state),
      stop: () => this.#stop(unit),
    };
  }

  validate(props: Props, timeoutMs: number): ReturnType<Threads["validate"]> {
    return this.#questions.ask((thread) => thread.ask("validate", [props], timeoutMs));
  }

  resolve(props: Props, timeoutMs: number): ReturnType<Threads["resolve"]> {
    return this.#questions.ask((thread) => thread.ask("resolve", [props], timeoutMs));
  }

  pluginConfig(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): ReturnType<Threads["pluginConfig"]> {
    return this.#questions.ask((thread) =>
      thread.ask("pluginConfig", [pluginClass, version], timeoutMs),
    );
  }

  pluginSchema(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): ReturnType<Threads["pluginSchema"]> {
    return this.#questions.ask((thread) =>
      thread.ask("pluginSchema", [pluginClass, version], timeoutMs),
    );
  }

  alterOffsets(
    connector: AlteredConnector,
    offsets: NewOffsets,
    timeoutMs: number,
  ): Promise<boolean> {
    return this.#questions.ask((thread) =>
      thread.ask("alterOffsets", [connector, offsets], timeoutMs),
    );
  }

  use(): readonly ThreadSubject[] {
    return this.#hosts.use();
  }

  async dryRun<Step extends keyof DryRunSteps>(
    step: Step,
    args: Parameters<DryRunSteps[Step]>,
    timeoutMs: number,
  ): Promise<Awaited<ReturnType<DryRunSteps[Step]>>> {
    const host = this.#hosts.place("one unit");
    try {
      return await host.thread.ask(step, args, timeoutMs);
    } finally {
      if (this.#hosts.has(host)) await this.#hosts.end(host);
    }
  }

  /** Ends all threads; units that were not stopped before are cut off. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#questions.close();
    await this.#hosts[Symbol.asyncDispose]();
  }

  #start(
    what: { readonly name: string } & (
      | { readonly kind: "connector"; readonly spec: ConnectorSpec }
      | { readonly kind: "task"; readonly spec: TaskSpec }
    ),
    listener: Unit["listener"],
    purpose: Purpose,
  ): Unit {
    const unit: Unit = {
      ...what,
      id: this.#nextUnit++,
      listener,
      target: what.spec.initialState,
      state: undefined,
      host: undefined,
      stopping: false,
    };
    this.#units.set(unit.id, unit);
    this.#run(unit, purpose);
    return unit;
  }

  #run(unit: Unit, purpose: Purpose): void {
    const host = this.#hosts.place(purpose);
    unit.host = host;
    this.#hosts.enter(host, unit.id);
    const spec = { ...unit.spec, initialState: unit.target };
    host.thread.post(
      unit.kind === "connector"
        ? { type: "start-connector", unit: unit.id, spec: spec as ConnectorSpec }
        : { type: "start-task", unit: unit.id, spec: spec as TaskSpec },
    );
  }

  #setTargetState(unit: Unit, state: TargetState): void {
    unit.target = state;
    if (unit.host) {
      unit.host.thread.post({ type: "target-state", unit: unit.id, state });
    } else if (unit.kind === "connector") this.#setTargetStateOfNone(unit, state);
  }

  /** As a connector does that has failed: it can be stopped, and goes on after that. */
  #setTargetStateOfNone(unit: Unit, state: TargetState): void {
    if (state === "STOPPED") this.#report(unit, "STOPPED");
    else if (unit.state === "STOPPED") this.#run(unit, "connectors");
  }

  async #stop(unit: Unit): Promise<void> {
    unit.stopping = true;
    const { host } = unit;
    if (host !== undefined) {
      if (!(await this.#stopped(unit, host))) {
        this.#log(
          "warn",
          `${unit.name} did not stop within ${this.#options.graceMs} ms (task.shutdown.graceful.timeout.ms) and is given up: its plugin does not come back, and nothing more of it is committed`,
        );
        this.#hosts.retire(host);
      }
      await this.#hosts.leave(host, unit.id);
    }
    this.#units.delete(unit.id);
  }

  /** Whether a unit came to its end in its grace time. A thread that it keeps from turning ends too. */
  async #stopped(unit: Unit, host: Host): Promise<boolean> {
    try {
      return await host.thread.ask("stop", [unit.id], this.#options.graceMs + ANSWER_MS);
    } catch (error) {
      // The thread has ended, and the unit with it.
      if (!this.#hosts.has(host)) return true;
      if (host.thread.standsStill && !host.ending) {
        const activity = await host.worker?.activity();
        if (activity?.context?.unit === unit.id) {
          await this.#hosts.break(host, { error: error as Error, culprit: { unit: unit.id } });
        }
      }
      return false;
    }
  }

  #received(message: Exclude<FromThread, { type: "ask" | "answer" | "broken" }>): void {
    switch (message.type) {
      case "log":
        this.#options.log.write(message.entry);
        break;
      case "plugin-metrics":
        this.#units.get(message.unit)?.listener.onPluginMetrics?.(message.metrics);
        break;
      case "logger":
        this.#options.log.know(message.name);
        break;
      case "active-topic":
        this.#options.onActiveTopic(message.connector, message.task, message.topic);
        break;
      case "state": {
        const unit = this.#units.get(message.unit);
        if (unit) this.#report(unit, message.state, message.trace);
        break;
      }
      case "reconfigure":
        this.#units.get(message.unit)?.listener.onReconfigurationRequest?.();
        break;
      case "reload":
        this.#units.get(message.unit)?.listener.onReloadRequest?.();
        break;
      case "given-up": {
        const host = this.#units.get(message.unit)?.host;
        if (host) this.#hosts.retire(host);
        break;
      }
    }
  }

  #report(unit: Unit, state: UnitState, trace?: string): void {
    unit.state = state;
    unit.listener.onState(state, trace);
  }

  /** A thread is gone: the guilty unit fails, and all others go on elsewhere. */
  #ended(host: Host, error: Error, culprit: Culprit): void {
    const units = [...host.units.keys()].flatMap((id) => this.#units.get(id) ?? []);
    for (const unit of units) unit.host = undefined;
    const running = units.filter((unit) => !unit.stopping && !isOver(unit));
    const { guilty, innocent, suspects } = blame(running, culprit, host.leftovers);
    if (guilty) this.#report(guilty, "FAILED", traceOf(error));
    for (const unit of innocent) {
      this.#restart(unit, `${unit.name} starts again, as another broke its thread`, error);
    }
    for (const unit of suspects) {
      const message = `The thread that ${unit.name} was in has ended; it goes on in a thread of its own`;
      this.#restart(unit, message, error, "one unit");
    }
  }

  #restart(unit: Unit, message: string, error: Error, purpose = ownPurpose(unit)): void {
    this.#log("error", message, error);
    this.#report(unit, "UNASSIGNED");
    this.#run(unit, purpose);
  }

  #log(level: LogLevel, message: string, error?: Error): void {
    this.#options.log.write({
      ...WORKER_CONTEXT,
      level,
      message,
      timeMs: Date.now(),
      logger: "threads",
      details: error && { error: traceOf(error) },
    });
  }
}

/** It runs no more, and stays as it is when its thread ends. */
function isOver({ kind, state }: Unit): boolean {
  return state === "FAILED" || (kind === "task" && state === "UNASSIGNED");
}

function ownPurpose(unit: Unit): Purpose {
  return unit.kind === "connector"
    ? "connectors"
    : purposeOf(unit.spec.connectorProps["task.isolation"]);
}

function purposeOf(isolation: string | undefined): Purpose {
  switch (isolation?.trim()) {
    case "dedicated":
      return "one unit";
    case "inline":
      return "inline";
    default:
      return "tasks";
  }
}
