import {
  type Connector,
  type ConnectorContext,
  ConnectError,
  type Props,
  type SourceConnectorContext,
} from "@millrace/connect-api";
import { hasVariable } from "../config/variables.ts";
import { traceOf } from "../errors/trace.ts";
import type { ConnectorSpec, TargetState, TaskConfigs, UnitState } from "../threads/units.ts";

/** Not more often than this is a connector restarted, whatever its providers say. */
const SHORTEST_RELOAD_MS = 1_000;
/** What a timer of Node can count. */
const LONGEST_RELOAD_MS = 2 ** 31 - 1;

/** What a running connector needs from the thread it runs in. */
export interface ConnectorEnvironment {
  readonly load: () => Promise<new () => Connector>;
  /** Asks the config providers for what the connector's configuration refers to. */
  readonly resolve: () => Promise<{ readonly props: Props; readonly ttlMs: number | undefined }>;
  /** The connector's full class name; configurations may use a shorter one. */
  readonly className: () => string;
  readonly context: Omit<SourceConnectorContext, "requestTaskReconfiguration" | "raiseError">;
  readonly onState: (state: UnitState, trace?: string) => void;
  readonly onReconfigurationRequest: () => void;
  /** Values have expired, and `config.action.reload` wants a restart then. */
  readonly onReloadRequest: () => void;
}

const STATE_OF: Record<TargetState, UnitState> = {
  STARTED: "RUNNING",
  PAUSED: "PAUSED",
  STOPPED: "STOPPED",
};

/**
 * One connector in its thread (Java: `WorkerConnector`): brings it to the state that is
 * wanted, one step at a time, never two calls at once. A newer wish takes the place of
 * one that has not begun. After a failure only a new start of the unit, or STOPPED, helps.
 */
export class ConnectorRun {
  readonly #spec: ConnectorSpec;
  readonly #env: ConnectorEnvironment;
  #connector: Connector | undefined;
  /** The configuration it was started with, variables resolved. */
  #props: Props = {};
  #reload: NodeJS.Timeout | undefined;
  #started = false;
  #failed = false;
  #ended = false;
  #wanted: TargetState;
  #reached: TargetState | undefined;
  /** The end of the queue: every step waits for the one before. */
  #queue: Promise<void> = Promise.resolve();

  constructor(spec: ConnectorSpec, env: ConnectorEnvironment) {
    this.#spec = spec;
    this.#env = env;
    this.#wanted = spec.initialState;
    void this.#enqueue(() => this.#approach());
  }

  setTargetState(state: TargetState): void {
    this.#wanted = state;
    void this.#enqueue(() => this.#approach());
  }

  /** @throws what the plugin throws; {ConnectError} when it is not running */
  taskConfigs(): Promise<TaskConfigs> {
    return this.#enqueue(async () => {
      if (this.#connector === undefined || !this.#started) {
        throw new ConnectError(`Connector ${this.#spec.name} is not running`);
      }
      const tasksMax = Number(this.#props["tasks.max"] ?? 1);
      const configs = await this.#connector.taskConfigs(tasksMax);
      if (!Array.isArray(configs)) {
        throw new ConnectError(
          `taskConfigs of connector ${this.#spec.name} returned ${typeof configs} instead of a list`,
        );
      }
      const taskClass = this.#taskClassName(this.#connector);
      return {
        configs: (configs as readonly Props[]).map((props) => ({
          ...this.#withVariables(props),
          "task.class": taskClass,
          ...this.#topics(),
        })),
        tasksMax,
        enforced: !/^\s*false\s*$/i.test(this.#props["tasks.max.enforce"] ?? ""),
      };
    });
  }

  async stop(): Promise<void> {
    await this.#enqueue(async () => {
      this.#ended = true;
      clearTimeout(this.#reload);
      if (this.#failed) return;
      try {
        await this.#stopPlugin();
        this.#env.onState("UNASSIGNED");
      } catch (error) {
        this.#env.onState("FAILED", traceOf(error));
      }
    });
  }

  /** The plugin failed outside of a call (Java: `ConnectorContext.raiseError`), and is stopped. */
  fail(error: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#reached = undefined;
    this.#env.onState("FAILED", traceOf(error));
    void this.#enqueue(async () => {
      try {
        await this.#stopPlugin();
      } catch (stopError) {
        this.#env.context.logger.warn("The failed connector could not be stopped cleanly", {
          error: stopError,
        });
      }
    });
  }

  /** Its grace time is over: whatever the plugin does later, nothing comes of it. */
  abandon(): void {
    this.#ended = true;
    clearTimeout(this.#reload);
  }

  /** Java's sinks give each task the topics to consume. */
  #topics(): Props {
    const { topics, "topics.regex": regex } = this.#spec.props;
    return this.#spec.type === "sink"
      ? {
          ...(topics !== undefined && { topics }),
          ...(regex !== undefined && { "topics.regex": regex }),
        }
      : {};
  }

  /** Stored and compared is the variable, never what it stands for. */
  #withVariables(taskProps: Props): Props {
    const raw = Object.entries(this.#spec.props).filter(
      ([key, text]) => Object.hasOwn(taskProps, key) && hasVariable(text),
    );
    return { ...taskProps, ...Object.fromEntries(raw) };
  }

  /** In the connector's own Java package, as the Java worker would name it. */
  #taskClassName(connector: Connector): string {
    const connectorClass = this.#env.className();
    const javaPackage = connectorClass.slice(0, connectorClass.lastIndexOf(".") + 1);
    return javaPackage + connector.taskClass().name;
  }

  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(step);
    // Steps report their own failures; one that fails must not stop those after it.
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #approach(): Promise<void> {
    if (this.#ended || this.#reached === this.#wanted) return;
    if (this.#failed && this.#wanted !== "STOPPED") return;
    const target = this.#wanted;
    try {
      clearTimeout(this.#reload);
      if (target === "STARTED") await this.#startPlugin();
      else await this.#stopPlugin();
      this.#reached = target;
      this.#failed = false;
      this.#env.onState(STATE_OF[target]);
    } catch (error) {
      this.fail(error);
    }
  }

  async #startPlugin(): Promise<void> {
    const ConnectorClass = await this.#env.load();
    const { props, ttlMs } = await this.#env.resolve();
    this.#props = props;
    this.#reloadAfter(ttlMs);
    this.#connector = new ConnectorClass();
    const context: SourceConnectorContext = {
      ...this.#env.context,
      requestTaskReconfiguration: () => {
        if (!this.#ended) this.#env.onReconfigurationRequest();
      },
      raiseError: (error) => this.fail(error),
    } satisfies SourceConnectorContext & ConnectorContext;
    // From here on `stop` is owed, also when `start` fails halfway.
    this.#started = true;
    this.#connector.initialize(context);
    await this.#connector.start(props);
  }

  /** Also where the start fails afterwards: other values may be all it needs. */
  #reloadAfter(ttlMs: number | undefined): void {
    const action = this.#props["config.action.reload"]?.trim().toLowerCase() ?? "restart";
    if (ttlMs === undefined || action !== "restart" || this.#ended) return;
    const delayMs = Math.min(Math.max(ttlMs, SHORTEST_RELOAD_MS), LONGEST_RELOAD_MS);
    this.#reload = setTimeout(() => {
      if (!this.#ended) this.#env.onReloadRequest();
    }, delayMs).unref();
  }

  async #stopPlugin(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    await this.#connector?.stop();
  }
}
