import { fileURLToPath } from "node:url";
import type { Props } from "@millrace/connect-api";
import { onTestFinished } from "vitest";
import { parseWorkerConfig } from "../../src/config/worker-config.ts";
import { Events } from "../../src/feed/events.ts";
import { StandaloneHerder } from "../../src/herder/standalone.ts";
import type { SinkGroup } from "../../src/kafka/sink-group.ts";
import { Logging } from "../../src/logging.ts";
import { DEFAULT_WINDOWS } from "../../src/metrics/sample-windows.ts";
import { PluginRegistry } from "../../src/plugins/registry.ts";
import { scanPlugins } from "../../src/plugins/scan.ts";
import { loadExtensions } from "../../src/rest/extensions/load-extensions.ts";
import type { Patience } from "../../src/rest/http-server.ts";
import { urlOf } from "../../src/rest/listener.ts";
import { RestClient } from "../../src/rest/rest-client.ts";
import { RestServer } from "../../src/rest/server.ts";
import type { OffsetStore } from "../../src/store/offset-store.ts";
import { MemoryStatusStore } from "../../src/store/memory-status-store.ts";
import { type LogEntry, unitContext } from "../../src/task/logger.ts";
import { MeasuredThreads } from "../../src/threads/measured-threads.ts";
import { WorkerMetrics } from "../../src/worker/worker-metrics.ts";
import { FakeSinkGroup } from "./fake-sink-group.ts";
import { FakeThreads } from "./fake-threads.ts";

export const RECORDED_PLUGINS = fileURLToPath(
  new URL("../fixtures/recorded-plugins", import.meta.url),
);

export const REST_EXTENSIONS = fileURLToPath(
  new URL("../../../connect-rest-extensions", import.meta.url),
);

const WORKER_PROPS: Props = {
  "bootstrap.servers": "127.0.0.1:1",
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
  listeners: "http://127.0.0.1:0",
};

export interface WorkerUnderTest {
  readonly url: string;
  /** Of all listeners, in their order, those for admin endpoints last. */
  readonly addresses: readonly string[];
  readonly herder: StandaloneHerder;
  readonly threads: FakeThreads;
  readonly registry: PluginRegistry;
  readonly log: LogEntry[];
  readonly logging: Logging;
  /** Ends the REST API before the test ends. */
  readonly stopServing: () => Promise<void>;
}

/** Herder and REST as they are, over threads that run no plugins. Ends with the test. */
export async function startWorker(
  props: Props = {},
  offsets: OffsetStore = memoryOffsets(),
  sinkGroup: SinkGroup = new FakeSinkGroup("any"),
  patience?: Patience,
): Promise<WorkerUnderTest> {
  const workerProps = { ...WORKER_PROPS, ...props };
  const config = parseWorkerConfig(workerProps);
  const { plugins } = await scanPlugins([RECORDED_PLUGINS, REST_EXTENSIONS]);
  // Those of the worker's own dependencies would stand beside the recorded ones.
  const registry = new PluginRegistry(
    plugins.filter((p) => p.package === "recorded-plugins" || p.kind === "rest_extension"),
  );
  const threads = new FakeThreads(registry, workerProps);
  const measured = new MeasuredThreads(threads, DEFAULT_WINDOWS);
  const log: LogEntry[] = [];
  const logging = new Logging((entry) => log.push(entry));
  const events = new Events();
  const herder = new StandaloneHerder({
    threads: measured,
    registry,
    offsets,
    statuses: new MemoryStatusStore((...status) => events.status(...status)),
    events,
    workerId: "127.0.0.1:8083",
    logger: logging.logger("herder"),
    loggerOf: (...unit) => logging.logger("herder", unitContext(...unit)),
    setLogLevel: (name, level) => logging.setLevel(name, level),
    openSinkGroup: async () => sinkGroup,
  });
  const metrics = new WorkerMetrics({
    herder,
    threads: measured,
    registry,
    workerProps: { ...workerProps, "header.converter": config["header.converter"] },
    info: { clientId: "connect-127.0.0.1:8083", version: "4.3.1", commit: "c", startedMs: 5 },
  });
  const server = await RestServer.listen(config, logging.logger("rest"), {
    props: workerProps,
    patience,
    audit: logging.logger("audit"),
    loadExtensions: (clusterState) =>
      loadExtensions(
        config["rest.extension.classes"],
        registry,
        workerProps,
        clusterState,
        logging,
      ),
  });
  server.serve({
    herder,
    registry,
    logging,
    metrics,
    logger: logging.logger("rest"),
    client: new RestClient(),
    events,
    server: { version: "4.3.1", commit: "26b251a451ce941d", kafkaClusterId: "cluster" },
    topicTracking: {
      enabled: config["topic.tracking.enable"],
      resettable: config["topic.tracking.allow.reset"],
    },
    health: async () => ({
      status: "healthy",
      message: "Worker has completed startup and is ready to handle requests.",
    }),
  });
  const stopServing = () => server[Symbol.asyncDispose]();
  onTestFinished(async () => {
    await stopServing();
    await herder[Symbol.asyncDispose]();
    await metrics[Symbol.asyncDispose]();
  });
  return {
    url: urlOf(server.advertised),
    addresses: server.addresses.map(urlOf),
    herder,
    threads,
    registry,
    log,
    logging,
    stopServing,
  };
}

export function memoryOffsets(entries: Readonly<Record<string, string>> = {}): OffsetStore {
  const offsets = new Map(Object.entries(entries));
  return {
    start: async () => undefined,
    get: async (keys) => keys.map((key) => offsets.get(key) ?? null),
    set: async (changes) => {
      for (const [key, value] of changes) {
        if (value === null) offsets.delete(key);
        else offsets.set(key, value);
      }
    },
    entries: async (connector) =>
      new Map([...offsets].filter(([key]) => key.startsWith(`[${JSON.stringify(connector)},`))),
    stop: async () => undefined,
  };
}
