import { fileURLToPath } from "node:url";
import type { Props } from "@millrace/connect-api";
import { onTestFinished } from "vitest";
import { parseWorkerConfig } from "../../src/config/worker-config.ts";
import { StandaloneHerder } from "../../src/herder/standalone.ts";
import { Logging } from "../../src/logging.ts";
import { PluginRegistry } from "../../src/plugins/registry.ts";
import { scanPlugins } from "../../src/plugins/scan.ts";
import { RestServer } from "../../src/rest/server.ts";
import type { OffsetStore } from "../../src/store/offset-store.ts";
import { MemoryStatusStore } from "../../src/store/status-store.ts";
import type { LogEntry } from "../../src/task/logger.ts";
import { FakeThreads } from "./fake-threads.ts";

export const RECORDED_PLUGINS = fileURLToPath(
  new URL("../fixtures/recorded-plugins", import.meta.url),
);

const WORKER_PROPS: Props = {
  "bootstrap.servers": "127.0.0.1:1",
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
  listeners: "http://127.0.0.1:0",
};

export interface WorkerUnderTest {
  readonly url: string;
  readonly herder: StandaloneHerder;
  readonly threads: FakeThreads;
  readonly registry: PluginRegistry;
  readonly log: LogEntry[];
}

/** Herder and REST as they are, over threads that run no plugins. Ends with the test. */
export async function startWorker(
  props: Props = {},
  offsets: OffsetStore = memoryOffsets(),
): Promise<WorkerUnderTest> {
  const workerProps = { ...WORKER_PROPS, ...props };
  const config = parseWorkerConfig(workerProps);
  const { plugins } = await scanPlugins([RECORDED_PLUGINS]);
  // Those of the worker's own dependencies would stand beside the recorded ones.
  const registry = new PluginRegistry(plugins.filter((p) => p.package === "recorded-plugins"));
  const threads = new FakeThreads(registry, workerProps);
  const log: LogEntry[] = [];
  const logging = new Logging((entry) => log.push(entry));
  const herder = new StandaloneHerder({
    threads,
    registry,
    offsets,
    statuses: new MemoryStatusStore(),
    workerId: "127.0.0.1:8083",
    logger: logging.logger("herder"),
    sinkOffsets: async () => [],
  });
  const server = await RestServer.listen(config, logging.logger("rest"));
  server.serve({
    herder,
    registry,
    logging,
    logger: logging.logger("rest"),
    server: { version: "4.3.1", commit: "26b251a451ce941d", kafkaClusterId: "cluster" },
    topicTracking: {
      enabled: config["topic.tracking.enable"],
      resettable: config["topic.tracking.allow.reset"],
    },
    health: async () => ({
      status: "healthy",
      message: "Worker has completed startup and is ready to handle requests.",
      ready: true,
    }),
  });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await herder[Symbol.asyncDispose]();
  });
  const { host, port } = server.advertised;
  return { url: `http://${host}:${port}`, herder, threads, registry, log };
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
