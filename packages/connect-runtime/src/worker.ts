import { setTimeout as delay } from "node:timers/promises";
import { ConfigError, type Props } from "@millrace/connect-api";
import {
  parseStandaloneConfig,
  type StandaloneConfig,
  taskThreads,
  type WorkerConfig,
} from "./config/worker-config.ts";
import type { Herder } from "./herder/herder.ts";
import { StandaloneHerder } from "./herder/standalone.ts";
import { lookUpClusterId } from "./kafka/cluster-id.ts";
import { readSinkOffsets } from "./kafka/sink-offsets.ts";
import type { Logging } from "./logging.ts";
import { PluginRegistry } from "./plugins/registry.ts";
import { type Scan, scanPlugins } from "./plugins/scan.ts";
import { workerIdOf } from "./rest/listener.ts";
import type { Health } from "./rest/resources.ts";
import { RestServer } from "./rest/server.ts";
import { FileOffsetStore } from "./store/file-offset-store.ts";
import { MemoryStatusStore } from "./store/status-store.ts";
import { createThreads } from "./threads/pool.ts";

/** The Kafka Connect release whose behaviour this worker has; clients choose by its version. */
const KAFKA_RELEASE = { version: "4.3.1", commit: "26b251a451ce941d" } as const;

/** How long the health check waits for a worker that is still starting (KIP-1017). */
const HEALTH_LIMIT_MS = 10_000;

/** A running worker. Disposing of it stops it gracefully. */
export interface Worker extends AsyncDisposable {
  readonly url: string;
  readonly herder: Herder;
  /** To be called when all connectors given at the start exist: the worker is healthy from then on. */
  ready(): void;
}

/**
 * Starts a worker on its own, in this process: the composition root, where all parts are
 * made and connected.
 * @param props the worker's properties
 * @throws {ConnectError} naming the key, address or file that is to blame; nothing runs then
 */
export async function startStandalone(props: Props, logging: Logging): Promise<Worker> {
  const logger = logging.logger("worker");
  const config = parseStandaloneConfig(props);
  const scan = await scanPlugins(config["plugin.path"] ?? []);
  reportPlugins(scan, logging);
  const registry = new PluginRegistry(scan.plugins);
  checkConverters(config, registry);

  const running: AsyncDisposable[] = [];
  const stop = async () => {
    for (const part of running.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const offsets = new FileOffsetStore(config["offset.storage.file.filename"]);
    await offsets.start();
    running.push({ [Symbol.asyncDispose]: () => offsets.stop() });

    // Before Kafka, which may take its time: as with the Java worker, probes find a server
    // that is starting, and a port that is taken is told at once.
    const server = await RestServer.listen(config, logging.logger("rest"));
    running.push(server);
    const kafkaClusterId = await lookUpClusterId(props, logging.logger("kafka"));
    const workerId = workerIdOf(server.advertised);
    const statuses = new MemoryStatusStore();
    const threads = createThreads({
      workerProps: props,
      plugins: scan.plugins,
      offsets,
      taskThreads: taskThreads(config),
      graceMs: config["task.shutdown.graceful.timeout.ms"],
      stuckMs: config["task.thread.stuck.ms"],
      log: (entry) => logging.write(entry),
      onActiveTopic: (connector, _task, topic) => herder.recordActiveTopic(connector, topic),
    });
    const herder = new StandaloneHerder({
      threads,
      registry,
      offsets,
      statuses,
      workerId,
      logger: logging.logger("herder"),
      sinkOffsets: (connector, connectorProps) => readSinkOffsets(props, connector, connectorProps),
    });
    // The server ends first, so that nothing new begins.
    running.splice(-1, 0, threads, herder);

    const readiness = new Readiness();
    server.serve({
      herder,
      registry,
      logging,
      logger: logging.logger("rest"),
      server: { ...KAFKA_RELEASE, kafkaClusterId },
      topicTracking: {
        enabled: config["topic.tracking.enable"],
        resettable: config["topic.tracking.allow.reset"],
      },
      health: () => readiness.health(),
    });
    const url = `${server.advertised.scheme}://${workerId}`;
    logger.info(`The worker listens on ${url} and works for Kafka cluster ${kafkaClusterId}`);
    return { url, herder, ready: () => readiness.reached(), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function reportPlugins({ plugins, problems }: Scan, logging: Logging): void {
  const logger = logging.logger("plugins");
  for (const { path, reason } of problems) logger.warn(`No plugins from ${path}: ${reason}`);
  const packages = new Set(plugins.map((plugin) => plugin.package));
  logger.info(`Found ${plugins.length} plugins in ${packages.size} packages`);
}

/** The worker's own converters must be there; as in Java, it does not start without. */
function checkConverters(config: StandaloneConfig & WorkerConfig, registry: PluginRegistry): void {
  for (const [key, kind] of [
    ["key.converter", "converter"],
    ["value.converter", "converter"],
    ["header.converter", "header_converter"],
  ] as const) {
    const name = config[key];
    if (registry.has(kind, name)) continue;
    const known = registry.list(kind).map((location) => location.class);
    throw new ConfigError(
      key,
      name,
      `Class ${name} could not be found. Installed: ${known.join(", ") || "none"}. Add the folder of its package to plugin.path.`,
    );
  }
}

/** Tells clients when the worker has come up (Java: `Herder.isReady`). */
class Readiness {
  #ready = false;
  #announce: () => void = () => undefined;
  readonly #reached = new Promise<void>((resolve) => (this.#announce = resolve));

  reached(): void {
    this.#ready = true;
    this.#announce();
  }

  async health(): Promise<Health> {
    if (!this.#ready) {
      const limit = new AbortController();
      const late = delay(HEALTH_LIMIT_MS, undefined, { signal: limit.signal }).catch(
        () => undefined,
      );
      await Promise.race([this.#reached, late]);
      limit.abort();
    }
    return this.#ready
      ? {
          status: "healthy",
          message: "Worker has completed startup and is ready to handle requests.",
          ready: true,
        }
      : {
          status: "starting",
          message: "Worker is still starting up: its first connectors are being created.",
          ready: false,
        };
  }
}
