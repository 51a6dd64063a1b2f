import { parentPort, workerData } from "node:worker_threads";
import type { Connector, Logger } from "@millrace/connect-api";
import { ConnectError } from "@millrace/connect-api";
import { ConnectorRun } from "../connector/connector-run.ts";
import { traceOf } from "../errors/trace.ts";
import { pluginConfig, validateConnector } from "../herder/validate.ts";
import { loadPlugin } from "../plugins/load.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { OffsetReader } from "../source/offset-reader.ts";
import type { TaskEnvironment, TaskLoop } from "../task/environment.ts";
import { TaskLife } from "../task/life.ts";
import { type LogEntry, unitLogger } from "../task/logger.ts";
import { runTask } from "../task/run-task.ts";
import { Calls } from "./calls.ts";
import type { FromThread, MainMethods, ThreadInit, ThreadMethods, ToThread } from "./protocol.ts";
import type { ConnectorSpec, TaskSpec, UnitState } from "./units.ts";

/** How often the thread shows that its event loop turns. */
const HEARTBEAT_MS = 250;

/**
 * The entry of a worker thread: hosts connectors and tasks, each under the number the
 * main thread gave it, and answers the main thread's questions.
 */
const init = workerData as ThreadInit;
const port = parentPort;
if (port === null) throw new Error("threads/thread.ts runs as a worker thread only");

interface HostedTask {
  readonly life: TaskLife;
  readonly ended: Promise<void>;
}

const post = (message: FromThread) => port.postMessage(message);
const main = new Calls<MainMethods>(post);
const registry = new PluginRegistry(init.plugins);
const connectors = new Map<number, ConnectorRun>();
const tasks = new Map<number, HostedTask>();
const graceMs = Number(init.workerProps["task.shutdown.graceful.timeout.ms"] ?? 5000);

function log(entry: LogEntry): void {
  post({ type: "log", entry });
}

function reportState(unit: number): (state: UnitState, trace?: string) => void {
  return (state, trace) =>
    post({ type: "state", unit, state, ...(trace !== undefined && { trace }) });
}

function startConnector(unit: number, spec: ConnectorSpec): void {
  const location = () =>
    registry.find(
      spec.type,
      spec.props["connector.class"] ?? "",
      spec.props["connector.plugin.version"],
    );
  const logger: Logger = unitLogger(
    `${spec.name}|worker`,
    spec.props["connector.class"] ?? "connector",
    log,
  );
  const run = new ConnectorRun(spec, {
    load: async () => (await loadPlugin(location())) as new () => Connector,
    className: () => location().class,
    context: { logger, offsetStorageReader: new OffsetReader(spec.name, main) },
    onState: reportState(unit),
    onReconfigurationRequest: () => post({ type: "reconfigure", unit }),
  });
  connectors.set(unit, run);
}

function startTask(unit: number, spec: TaskSpec): void {
  const life = new TaskLife(spec.initialState);
  const context = `${spec.connector}|task-${spec.task}`;
  const env: TaskEnvironment = {
    spec,
    life,
    workerProps: init.workerProps,
    registry,
    offsets: main,
    logger: (name) => unitLogger(context, name, log),
    onActiveTopic: (topic) =>
      post({ type: "active-topic", connector: spec.connector, task: spec.task, topic }),
  };
  const ended = runTask(
    life,
    async (state) => (await taskLoop(spec.type))(env, state),
    reportState(unit),
  ).finally(() => tasks.delete(unit));
  tasks.set(unit, { life, ended });
}

/** Loaded with the first task: the Kafka client is large, and threads without tasks need none. */
async function taskLoop(type: TaskSpec["type"]): Promise<TaskLoop> {
  return type === "source"
    ? (await import("../source/run.ts")).runSourceTask
    : (await import("../sink/run.ts")).runSinkTask;
}

const methods: ThreadMethods = {
  taskConfigs: async (unit: number, maxTasks: number) => {
    const connector = connectors.get(unit);
    if (connector === undefined) throw new ConnectError("The connector has been stopped");
    return connector.taskConfigs(maxTasks);
  },
  stop: async (unit: number) => {
    await connectors.get(unit)?.stop();
    connectors.delete(unit);
    const task = tasks.get(unit);
    if (task === undefined) return;
    task.life.stop();
    const grace = setTimeout(() => task.life.cancel(), graceMs);
    await Promise.race([task.ended, aborted(task.life.cancelled)]);
    clearTimeout(grace);
  },
  validate: (props) => validateConnector(props, registry, init.workerProps),
  pluginConfig: (pluginClass: string, version: string | undefined) =>
    pluginConfig(pluginClass, version, registry),
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

port.on("message", (message: ToThread) => {
  switch (message.type) {
    case "ask":
      void main.asked(message, methods);
      break;
    case "answer":
      main.answered(message);
      break;
    case "start-connector":
      startConnector(message.unit, message.spec);
      break;
    case "start-task":
      startTask(message.unit, message.spec);
      break;
    case "target-state":
      connectors.get(message.unit)?.setTargetState(message.state);
      tasks.get(message.unit)?.life.setTargetState(message.state);
      break;
  }
});

const heartbeat = new Int32Array(init.heartbeat);
// The first beat says that the thread has started; silence counts from here on.
Atomics.store(heartbeat, 0, 1);
setInterval(() => Atomics.add(heartbeat, 0, 1), HEARTBEAT_MS).unref();

// A rejection nobody handles ends the thread: the main thread then knows that something
// here cannot be trusted any more, and starts the units elsewhere.
process.on("unhandledRejection", (reason) => {
  log({
    level: "error",
    message: `A plugin left a rejected promise unhandled: ${traceOf(reason)}`,
    timeMs: Date.now(),
    context: "worker",
    logger: "threads",
    details: undefined,
  });
  throw reason;
});
