import type { Connector, Logger, Props } from "@millrace/connect-api";
import { ConnectError } from "@millrace/connect-api";
import { WORDS } from "../dry-run/steps.ts";
import { alterOffsets } from "../connector/alter-offsets.ts";
import { ConnectorRun } from "../connector/connector-run.ts";
import { Secrets } from "../config/secrets.ts";
import { toErrorData } from "../errors/error-data.ts";
import { hiddenError } from "../errors/hidden-error.ts";
import { traceOf } from "../errors/trace.ts";
import type { ConfigInfos } from "../herder/config-infos.ts";
import { pluginSchema } from "../herder/plugin-schema.ts";
import { pluginConfig } from "../herder/validate.ts";
import { validateSubmitted, withoutProviders } from "../herder/validate-submitted.ts";
import { type SampleWindows, sampleWindows } from "../metrics/sample-windows.ts";
import { createConfigProviders } from "../plugins/config-providers.ts";
import { ConfigVariables, type Resolved } from "../plugins/config-variables.ts";
import { loadPlugin } from "../plugins/load.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { OffsetReader } from "../source/offset-reader.ts";
import type { TaskEnvironment, TaskLoop } from "../task/environment.ts";
import { TaskLife } from "../task/life.ts";
import {
  type LogContext,
  type LogEntry,
  type LogLevel,
  unitContext,
  unitLogger,
  WORKER_CONTEXT,
} from "../task/logger.ts";
import { TaskMeasures } from "../task/measures.ts";
import { PluginMetricsBook } from "../task/plugin-metrics.ts";
import { runTask } from "../task/run-task.ts";
import { endsBefore } from "../task/until.ts";
import { Calls } from "./calls.ts";
import { dryRunSteps, type Question } from "./dry-run-steps.ts";
import type { FromThread, MainMethods, ThreadInit, ThreadMethods, ToThread } from "./protocol.ts";
import { runAs, type UnitContext } from "./unit-context.ts";
import type {
  AlteredConnector,
  ConnectorSpec,
  NewOffsets,
  TargetState,
  TaskConfigs,
  TaskSpec,
  UnitState,
} from "./units.ts";

/** How often plugins' own metrics are told. */
const METRICS_MS = 1_000;
/** So often what ended units left behind may make trouble before the thread is given up. */
const LEFTOVER_FAULTS = 20;

interface HostedConnector {
  readonly kind: "connector";
  readonly context: UnitContext;
  readonly run: ConnectorRun;
}

interface HostedTask {
  readonly kind: "task";
  readonly context: UnitContext;
  readonly life: TaskLife;
  readonly ended: Promise<void>;
}

/**
 * Hosts connectors and tasks, each under the number the main thread gave it, and answers
 * the main thread's questions: in a worker thread or, for `task.isolation=inline`, in the
 * main thread itself. All code of a unit runs in that unit's context.
 */
export class UnitHost {
  readonly #init: ThreadInit;
  readonly #post: (message: FromThread) => void;
  readonly #main: Calls<MainMethods>;
  readonly #registry: PluginRegistry;
  readonly #variables: ConfigVariables;
  /** What each unit must not tell; late faults of ended units are still kept from it. */
  readonly #secrets = new WeakMap<UnitContext, Secrets>();
  readonly #units = new Map<number, HostedConnector | HostedTask>();
  readonly #methods: ThreadMethods;
  readonly #graceMs: number;
  readonly #logFloor: Int32Array;
  readonly #windows: SampleWindows;
  /** Of units. */
  readonly #books = new Map<number, { context: UnitContext; book: PluginMetricsBook }>();
  /** Names that the main thread knows. */
  readonly #loggers = new Set<string>();
  #leftoverFaults = 0;

  constructor(init: ThreadInit, post: (message: FromThread) => void) {
    this.#init = init;
    this.#post = post;
    this.#logFloor = new Int32Array(init.logFloor);
    this.#windows = sampleWindows(init.workerProps);
    setInterval(() => {
      for (const unit of this.#books.keys()) this.#tellMetrics(unit);
    }, METRICS_MS).unref();
    this.#main = new Calls<MainMethods>(post);
    this.#registry = new PluginRegistry(init.plugins);
    // What providers do in the background is no unit's fault.
    this.#variables = new ConfigVariables(() =>
      runAs(question("the config providers"), () =>
        createConfigProviders(init.workerProps, this.#registry),
      ),
    );
    this.#graceMs = Number(init.workerProps["task.shutdown.graceful.timeout.ms"] ?? 5000);
    this.#methods = {
      taskConfigs: (unit: number) => this.#taskConfigs(unit),
      stop: (unit: number) => this.#stop(unit),
      validate: (props) => this.#validate(props),
      resolve: async (props: Props) => {
        const context = question("the resolving of a configuration");
        const { configs, values } = await runAs(context, () => this.#variables.resolve(props));
        return { props: configs[0]!, secrets: [...values] };
      },
      pluginConfig: (pluginClass: string, version: string | undefined) =>
        runAs(question(`the configuration table of ${pluginClass}`), () =>
          pluginConfig(pluginClass, version, this.#registry),
        ),
      pluginSchema: (pluginClass: string, version: string | undefined) =>
        runAs(question(`the configuration table of ${pluginClass}`), () =>
          pluginSchema(pluginClass, version, this.#registry),
        ),
      alterOffsets: (connector, offsets) => this.#alterOffsets(connector, offsets),
      ...dryRunSteps({
        ask: (what, answer) => this.#question(what, answer),
        workerProps: init.workerProps,
        registry: this.#registry,
        main: this.#main,
      }),
    };
  }

  receive(message: ToThread): void {
    switch (message.type) {
      case "ask":
        void this.#main.asked(message, this.#methods);
        break;
      case "answer":
        this.#main.answered(message);
        break;
      case "start-connector":
        this.#startConnector(message.unit, message.spec);
        break;
      case "start-task":
        this.#startTask(message.unit, message.spec);
        break;
      case "target-state":
        this.#setTargetState(message.unit, message.state);
        break;
    }
  }

  /**
   * Fails the unit that did something which would have ended the thread: its neighbours
   * have no part in it, and stay.
   * @returns false where the thread cannot go on, because nobody knows who did it
   */
  contain(error: Error, context: UnitContext | undefined): boolean {
    if (context === undefined) return this.#giveUp(error, undefined);
    const secrets = this.#secretsOf(context);
    const hosted = context.unit === undefined ? undefined : this.#units.get(context.unit);
    if (hosted !== undefined) {
      this.#fail(hosted, error);
      return true;
    }
    // A question has an answer without it; what an ended unit does hurts nobody at first.
    this.#log(
      "warn",
      `${context.name}, which is over, left a fault behind: ${secrets.hide(traceOf(error))}`,
    );
    if (context.unit === undefined || ++this.#leftoverFaults < LEFTOVER_FAULTS) return true;
    return this.#giveUp(hiddenError(error, secrets), context.unit);
  }

  #giveUp(error: Error, unit: number | undefined): false {
    // It may be anybody's, and speak of anybody's secrets.
    const shown = [...this.#units.values()].reduce(
      (data, { context }) => this.#secretsOf(context).hideIn(data),
      this.#workerSecrets().hideIn(toErrorData(error)),
    );
    this.#post({ type: "broken", error: shown, culprit: { unit } });
    return false;
  }

  #fail(hosted: HostedConnector | HostedTask, error: Error): void {
    if (hosted.kind === "connector") hosted.run.fail(error);
    else void this.#failTask(hosted, error);
  }

  /** The loop sees it at its next step; a plugin that keeps the loop from it is given up. */
  async #failTask({ context, life, ended }: HostedTask, error: Error): Promise<void> {
    if (life.failed) return;
    life.fail(error);
    if (await endsBefore(ended, this.#graceMs)) return;
    if (life.cancelled.aborted) return;
    life.cancel();
    this.#units.delete(context.unit!);
    this.#reportState(context)("FAILED", traceOf(error));
    this.#post({ type: "given-up", unit: context.unit! });
  }

  #startConnector(unit: number, spec: ConnectorSpec): void {
    const context = { unit, name: `connector ${spec.name}` };
    const className = spec.props["connector.class"] ?? "";
    const location = () =>
      this.#registry.find(spec.type, className, spec.props["connector.plugin.version"]);
    this.#secrets.set(context, this.#workerSecrets());
    const logger = this.#logger(context, unitContext(spec.name), className || "connector");
    const run = runAs(
      context,
      () =>
        new ConnectorRun(spec, {
          load: async () => (await loadPlugin(location())) as new () => Connector,
          className: () => location().class,
          context: {
            logger,
            offsetStorageReader: new OffsetReader(spec.name, this.#main),
            pluginMetrics: this.#openBook(context, logger).of({ connector: spec.name }),
          },
          resolve: async () => {
            const { configs, ttlMs } = await this.#resolve(context, logger, spec.props);
            return { props: configs[0]!, ttlMs };
          },
          onState: this.#reportState(context),
          onReconfigurationRequest: () => this.#post({ type: "reconfigure", unit }),
          onReloadRequest: () => this.#post({ type: "reload", unit }),
        }),
    );
    this.#units.set(unit, { kind: "connector", context, run });
  }

  #startTask(unit: number, spec: TaskSpec): void {
    const life = new TaskLife(spec.initialState);
    const context = { unit, name: `task ${spec.connector}-${spec.task}` };
    this.#secrets.set(context, this.#workerSecrets());
    const logContext = unitContext(spec.connector, spec.task);
    const logger = (name: string) => this.#logger(context, logContext, name);
    const book = this.#openBook(context, logger("plugin-metrics"));
    const tags = { connector: spec.connector, task: String(spec.task) };
    const env: TaskEnvironment = {
      spec,
      life,
      measures: new TaskMeasures(spec.memory),
      pluginMetrics: (more) => book.of({ ...tags, ...more }),
      workerProps: this.#init.workerProps,
      registry: this.#registry,
      offsets: this.#main,
      logger,
      hide: (text) => this.#secretsOf(context).hide(text),
      onActiveTopic: (topic) =>
        this.#post({ type: "active-topic", connector: spec.connector, task: spec.task, topic }),
    };
    const ended = runAs(context, () =>
      runTask(
        life,
        async (state) => {
          const { connectorProps, taskProps } = spec;
          const { configs } = await this.#resolve(
            context,
            logger("config"),
            connectorProps,
            taskProps,
          );
          // A provider may take its time: nothing begins for a task that is to stop.
          if (life.stopping.aborted) return;
          const resolved = { ...spec, connectorProps: configs[0]!, taskProps: configs[1]! };
          await (
            await taskLoop(spec.type)
          )({ ...env, spec: resolved }, state);
        },
        this.#reportState(context),
      ),
    ).finally(() => {
      this.#closeBook(unit);
      this.#units.delete(unit);
    });
    this.#units.set(unit, { kind: "task", context, life, ended });
  }

  #setTargetState(unit: number, state: TargetState): void {
    const hosted = this.#units.get(unit);
    if (hosted === undefined) return;
    runAs(hosted.context, () =>
      (hosted.kind === "connector" ? hosted.run : hosted.life).setTargetState(state),
    );
  }

  #validate(props: Props): Promise<ConfigInfos> {
    const context = question(`the validation of ${props["connector.class"] ?? "a connector"}`);
    const secrets = this.#workerSecrets();
    this.#secrets.set(context, secrets);
    const { workerProps } = this.#init;
    return runAs(context, () =>
      validateSubmitted(props, this.#registry, workerProps, this.#variables, secrets),
    );
  }

  async #taskConfigs(unit: number): Promise<TaskConfigs> {
    const hosted = this.#units.get(unit);
    if (hosted?.kind !== "connector") throw new ConnectError("The connector has been stopped");
    try {
      return await runAs(hosted.context, () => hosted.run.taskConfigs());
    } catch (error) {
      throw hiddenError(error, this.#secretsOf(hosted.context));
    }
  }

  #alterOffsets(connector: AlteredConnector, offsets: NewOffsets): Promise<boolean> {
    return this.#question(`alterOffsets of connector ${connector.name}`, async ({ resolve }) => {
      const [props] = await resolve(connector.props);
      return alterOffsets({ ...connector, props: props! }, offsets, this.#registry);
    });
  }

  /** Answers by way of a plugin's code; nothing of what leaves it tells a secret (I5). */
  async #question<T>(what: string, answer: (question: Question) => Promise<T>): Promise<T> {
    const context = question(what);
    const secrets = this.#workerSecrets();
    this.#secrets.set(context, secrets);
    const asked: Question = {
      resolve: async (...raw) => {
        const { configs, values } = await this.#variables.resolve(...raw.map(withoutProviders));
        secrets.add(values);
        return configs;
      },
      logger: (logContext, name) => this.#logger(context, logContext, name),
    };
    try {
      return secrets.hideInTexts(await runAs(context, () => answer(asked)), WORDS);
    } catch (error) {
      throw hiddenError(error, secrets);
    }
  }

  /** What a unit is told of its configurations; from here on it must not tell it to others. */
  async #resolve(
    context: UnitContext,
    logger: Logger,
    ...raw: readonly Props[]
  ): Promise<Resolved<Props>> {
    const resolved = await this.#variables.resolve(...raw.map(withoutProviders));
    this.#secretsOf(context).add(resolved.values);
    for (const problem of resolved.problems) logger.warn(problem);
    return resolved;
  }

  #workerSecrets(): Secrets {
    return new Secrets(this.#init.workerSecrets);
  }

  #secretsOf(context: UnitContext): Secrets {
    return this.#secrets.get(context) ?? this.#workerSecrets();
  }

  async #stop(unit: number): Promise<boolean> {
    const hosted = this.#units.get(unit);
    if (hosted === undefined) return true;
    const { context } = hosted;
    const ended =
      hosted.kind === "connector"
        ? runAs(context, () => hosted.run.stop())
        : (runAs(context, () => hosted.life.stop()), hosted.ended);
    const inTime = await endsBefore(ended, this.#graceMs);
    if (!inTime) {
      if (hosted.kind === "connector") hosted.run.abandon();
      else runAs(context, () => hosted.life.cancel());
    }
    this.#closeBook(unit);
    this.#units.delete(unit);
    return inTime;
  }

  /** Where plugins of a unit keep metrics of their own. */
  #openBook(context: UnitContext, logger: Logger): PluginMetricsBook {
    const book = new PluginMetricsBook(this.#windows, (name, error) =>
      logger.warn(`Metric ${name} could not be measured, and is left out from now on`, { error }),
    );
    this.#books.set(context.unit!, { context, book });
    return book;
  }

  /** Its last figures are told. */
  #closeBook(unit: number): void {
    this.#tellMetrics(unit);
    this.#books.delete(unit);
  }

  #tellMetrics(unit: number): void {
    const open = this.#books.get(unit);
    if (open === undefined || open.book.isEmpty) return;
    const { context, book } = open;
    const metrics = runAs(context, () => book.values());
    const secrets = this.#secretsOf(context);
    const shown = metrics.map((metric) =>
      typeof metric.value === "string" ? { ...metric, value: secrets.hide(metric.value) } : metric,
    );
    this.#post({ type: "plugin-metrics", unit, metrics: shown });
  }

  #reportState(context: UnitContext): (state: UnitState, trace?: string) => void {
    const unit = context.unit!;
    return (state, trace) => {
      const shown = trace !== undefined && { trace: this.#secretsOf(context).hide(trace) };
      this.#post({ type: "state", unit, state, ...shown });
    };
  }

  #logger(context: UnitContext, logContext: LogContext, name: string): Logger {
    if (!this.#loggers.has(name)) {
      this.#loggers.add(name);
      this.#post({ type: "logger", name });
    }
    const write = (entry: LogEntry) => {
      const secrets = this.#secretsOf(context);
      const message = secrets.hide(entry.message);
      const details = secrets.hideIn(entry.details);
      this.#post({ type: "log", entry: { ...entry, message, details } });
    };
    return unitLogger(logContext, name, write, (severity) => severity >= this.#logFloor[0]!);
  }

  #log(level: LogLevel, message: string): void {
    const entry: LogEntry = {
      ...WORKER_CONTEXT,
      level,
      message,
      timeMs: Date.now(),
      logger: "threads",
      details: undefined,
    };
    this.#post({ type: "log", entry });
  }
}

function question(name: string): UnitContext {
  return { unit: undefined, name };
}

/** Loaded with the first task: the Kafka client is large, and threads without tasks need none. */
async function taskLoop(type: TaskSpec["type"]): Promise<TaskLoop> {
  return type === "source"
    ? (await import("../source/run.ts")).runSourceTask
    : (await import("../sink/run.ts")).runSinkTask;
}
