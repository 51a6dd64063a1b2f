import { ConnectError, type Props } from "@millrace/connect-api";
import { traceOf } from "../errors/trace.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import type { LogEntry } from "../task/logger.ts";
import { HostThread } from "./host-thread.ts";
import type { FromThread, MainMethods } from "./protocol.ts";
import type {
  ConnectorListener,
  ConnectorSpec,
  ConnectorUnit,
  TargetState,
  TaskSpec,
  TaskUnit,
  Threads,
  UnitListener,
} from "./units.ts";

const TICK_MS = 1_000;
/** How long past its grace time the answer of a unit is waited for. */
const ANSWER_MS = 1_000;
/** How long the thread for questions outlives the last of them. */
const QUESTION_IDLE_MS = 30_000;

export interface ThreadsOptions {
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  readonly plugins: readonly PluginLocation[];
  readonly offsets: OffsetStore;
  /** How many threads tasks share (`task.threads`). */
  readonly taskThreads: number;
  /** `task.shutdown.graceful.timeout.ms` */
  readonly graceMs: number;
  /** `task.thread.stuck.ms`: a thread whose event loop stands still for longer is ended. */
  readonly stuckMs: number;
  readonly log: (entry: LogEntry) => void;
  readonly onActiveTopic: (connector: string, task: number, topic: string) => void;
}

type Unit = {
  readonly id: number;
  readonly listener: UnitListener & Partial<ConnectorListener>;
  target: TargetState;
  host: Host;
  stopping: boolean;
} & (
  | { readonly kind: "connector"; readonly spec: ConnectorSpec }
  | { readonly kind: "task"; readonly spec: TaskSpec }
);

/** A thread and what runs in it. A dedicated one holds a single unit and goes with it. */
interface Host {
  readonly thread: HostThread;
  readonly units: Set<Unit>;
  readonly dedicated: boolean;
}

/**
 * Makes the threads that plugin code runs in: one for all connectors, one for validations, a
 * few that tasks share, and one of its own for each unit that asks for it
 * (`task.isolation=dedicated`) or that has shared a thread which broke.
 */
export function createThreads(options: ThreadsOptions): Threads {
  return new ThreadPool(options);
}

class ThreadPool implements Threads {
  readonly #options: ThreadsOptions;
  readonly #units = new Map<number, Unit>();
  readonly #hosts = new Set<Host>();
  readonly #taskHosts: Host[] = [];
  readonly #watchdog: NodeJS.Timeout;
  readonly #methods: MainMethods;
  #connectorHost: Host | undefined;
  /** Where configurations are validated; there while questions are asked, and a little longer. */
  #questionHost: Host | undefined;
  #questions = 0;
  #questionsOver: NodeJS.Timeout | undefined;
  #nextUnit = 0;
  #closed = false;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#methods = {
      readOffsets: (keys) => options.offsets.get(keys),
      writeOffsets: (entries) => options.offsets.set(entries),
    };
    this.#watchdog = setInterval(() => this.#watch(), TICK_MS).unref();
  }

  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit {
    const unit = this.#start({ kind: "connector", spec }, listener);
    return {
      setTargetState: (state) => this.#setTargetState(unit, state),
      taskConfigs: (maxTasks) => unit.host.thread.ask("taskConfigs", [unit.id, maxTasks]),
      stop: () => this.#stop(unit),
    };
  }

  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit {
    const unit = this.#start({ kind: "task", spec }, listener);
    return {
      setTargetState: (state) => this.#setTargetState(unit, state),
      stop: () => this.#stop(unit),
    };
  }

  validate(props: Props, timeoutMs: number): ReturnType<Threads["validate"]> {
    return this.#question(({ thread }) => thread.ask("validate", [props], timeoutMs));
  }

  pluginConfig(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): ReturnType<Threads["pluginConfig"]> {
    return this.#question(({ thread }) =>
      thread.ask("pluginConfig", [pluginClass, version], timeoutMs),
    );
  }

  /** Ends all threads; units that were not stopped before are cut off. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#questionsOver);
    const closed = new ConnectError("The worker is shutting down");
    await Promise.all([...this.#hosts].map(({ thread }) => thread.terminate(closed)));
  }

  #start(
    what: { kind: "connector"; spec: ConnectorSpec } | { kind: "task"; spec: TaskSpec },
    listener: Unit["listener"],
  ): Unit {
    const unit: Unit = {
      ...what,
      id: this.#nextUnit++,
      listener,
      target: what.spec.initialState,
      host: this.#place(what.kind, what.spec),
      stopping: false,
    };
    this.#units.set(unit.id, unit);
    this.#run(unit);
    return unit;
  }

  #run(unit: Unit): void {
    unit.host.units.add(unit);
    const spec = { ...unit.spec, initialState: unit.target };
    unit.host.thread.post(
      unit.kind === "connector"
        ? { type: "start-connector", unit: unit.id, spec: spec as ConnectorSpec }
        : { type: "start-task", unit: unit.id, spec: spec as TaskSpec },
    );
  }

  #place(kind: Unit["kind"], spec: ConnectorSpec | TaskSpec): Host {
    const props = "connectorProps" in spec ? spec.connectorProps : spec.props;
    if (kind === "connector") return this.#connectors();
    if (props["task.isolation"] === "dedicated") return this.#addHost(true);
    if (this.#taskHosts.length < this.#options.taskThreads) {
      const idle = this.#taskHosts.find((host) => host.units.size === 0);
      if (idle) return idle;
      const host = this.#addHost(false);
      this.#taskHosts.push(host);
      return host;
    }
    return this.#taskHosts.reduce((a, b) => (b.units.size < a.units.size ? b : a));
  }

  /**
   * Asks in a thread that runs no units: a plugin that blocks it disturbs none. The thread
   * is kept for a while, as questions come in bursts.
   */
  async #question<T>(ask: (host: Host) => Promise<T>): Promise<T> {
    const host = (this.#questionHost ??= this.#addHost(false));
    clearTimeout(this.#questionsOver);
    this.#questions++;
    try {
      return await ask(host);
    } catch (error) {
      if (this.#hosts.has(host)) throw error;
      const { cause = error } = error as Error;
      throw new ConnectError(`The plugin did not answer: ${(cause as Error).message}`, {
        cause: error,
      });
    } finally {
      if (--this.#questions === 0) {
        this.#questionsOver = setTimeout(() => void this.#endQuestions(), QUESTION_IDLE_MS).unref();
      }
    }
  }

  async #endQuestions(): Promise<void> {
    const host = this.#questionHost;
    this.#questionHost = undefined;
    if (host) await this.#end(host, new ConnectError("The thread is not needed for now"));
  }

  #connectors(): Host {
    return (this.#connectorHost ??= this.#addHost(false));
  }

  #addHost(dedicated: boolean): Host {
    const host: Host = {
      dedicated,
      units: new Set(),
      thread: new HostThread(
        { workerProps: this.#options.workerProps, plugins: this.#options.plugins },
        this.#methods,
        {
          onMessage: (message) => this.#received(message),
          onEnd: (error) => this.#ended(host, error),
        },
      ),
    };
    this.#hosts.add(host);
    return host;
  }

  #setTargetState(unit: Unit, state: TargetState): void {
    unit.target = state;
    unit.host.thread.post({ type: "target-state", unit: unit.id, state });
  }

  async #stop(unit: Unit): Promise<void> {
    unit.stopping = true;
    const { host } = unit;
    try {
      await host.thread.ask("stop", [unit.id], this.#options.graceMs + ANSWER_MS);
    } catch (error) {
      // Either the thread ended meanwhile, which ended the unit too, or the plugin does
      // not come back: the unit is given up, and with it a thread that stands still.
      if (host.thread.silentTicks > 0) await this.#end(host, error);
    }
    this.#units.delete(unit.id);
    host.units.delete(unit);
    if (host.dedicated) await this.#end(host, new ConnectError("The unit was stopped"));
  }

  async #end(host: Host, cause: unknown): Promise<void> {
    await host.thread.terminate(cause instanceof Error ? cause : new Error(String(cause)));
  }

  #received(message: Exclude<FromThread, { type: "ask" | "answer" }>): void {
    switch (message.type) {
      case "log":
        this.#options.log(message.entry);
        break;
      case "active-topic":
        this.#options.onActiveTopic(message.connector, message.task, message.topic);
        break;
      case "state":
        this.#units.get(message.unit)?.listener.onState(message.state, message.trace);
        break;
      case "reconfigure":
        this.#units.get(message.unit)?.listener.onReconfigurationRequest?.();
        break;
    }
  }

  /** Ends threads whose event loop has stood still for too long; `#ended` does the rest. */
  #watch(): void {
    for (const host of this.#hosts) {
      const silentMs = host.thread.tick() * TICK_MS;
      if (silentMs > this.#options.stuckMs) {
        void this.#end(
          host,
          new ConnectError(
            `The thread stood still for more than ${this.#options.stuckMs} ms: a plugin blocks its event loop`,
          ),
        );
      }
    }
  }

  /**
   * A thread is gone. Whoever was alone in it is to blame and fails; of several nobody
   * knows, so each goes on in a thread of its own, where the guilty one will be alone.
   */
  #ended(host: Host, error: Error): void {
    this.#hosts.delete(host);
    if (this.#connectorHost === host) this.#connectorHost = undefined;
    if (this.#questionHost === host) this.#questionHost = undefined;
    const shared = this.#taskHosts.indexOf(host);
    if (shared >= 0) this.#taskHosts.splice(shared, 1);
    if (this.#closed) return;
    const left = [...host.units].filter((unit) => !unit.stopping);
    if (left.length === 1 && left[0]) {
      left[0].listener.onState("FAILED", traceOf(error));
      return;
    }
    for (const unit of left) {
      this.#log(
        `The thread that ${describe(unit)} shared has ended; it goes on in a thread of its own`,
        error,
      );
      unit.listener.onState("UNASSIGNED");
      unit.host = this.#addHost(true);
      this.#run(unit);
    }
  }

  #log(message: string, error: Error): void {
    this.#options.log({
      level: "error",
      message,
      timeMs: Date.now(),
      context: "worker",
      logger: "threads",
      details: { error: traceOf(error) },
    });
  }
}

function describe(unit: Unit): string {
  return unit.kind === "connector"
    ? `connector ${unit.spec.name}`
    : `task ${unit.spec.connector}-${unit.spec.task}`;
}
