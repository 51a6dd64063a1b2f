import type { Props } from "@millrace/connect-api";
import { parseStandaloneConfig } from "../config/worker-config.ts";
import { StandaloneHerder } from "../herder/standalone.ts";
import { clusterIdOf, openWorkerClient } from "../kafka/worker-client.ts";
import { openSinkGroup } from "../kafka/sink-group.ts";
import { unitContext } from "../task/logger.ts";
import { withClientProps } from "./client-variables.ts";
import type { Logging } from "../logging.ts";
import { checkHealth, type Health } from "../rest/health.ts";
import { FileOffsetStore } from "../store/file-offset-store.ts";
import { MemoryStatusStore } from "../store/memory-status-store.ts";
import { Foundation, type Worker } from "./foundation.ts";

/**
 * Starts a worker on its own, in this process: makes all its parts and connects them.
 * @param raw the worker's properties as they were written
 * @throws {ConnectError} naming the key, address or file that is to blame; nothing runs then
 */
export async function startStandalone(raw: Props, logging: Logging): Promise<Worker> {
  const foundation = await Foundation.lay(raw, parseStandaloneConfig, logging);
  const { running, registry, config, props } = foundation;
  try {
    const offsets = new FileOffsetStore(config["offset.storage.file.filename"]);
    await offsets.start();
    running.push({ [Symbol.asyncDispose]: () => offsets.stop() });

    const { server, workerId } = await foundation.listen();
    const kafkaClusterId = await lookUpClusterId(props, logging);
    const threads = foundation.threads(offsets, (connector, task, topic) =>
      herder.recordActiveTopic(connector, task, topic),
    );
    const herder = new StandaloneHerder({
      threads,
      registry,
      offsets,
      statuses: new MemoryStatusStore((...status) => foundation.events.status(...status)),
      events: foundation.events,
      workerId,
      logger: logging.logger("herder"),
      loggerOf: (...unit) => logging.logger("herder", unitContext(...unit)),
      setLogLevel: (name, level) => logging.setLevel(name, level),
      openSinkGroup: (connector, connectorProps) =>
        withClientProps(threads, connectorProps, async (resolved) =>
          openSinkGroup(props, connector, resolved, logging.logger("kafka")),
        ),
    });
    // The server ends first, so that nothing new begins.
    running.splice(-1, 0, threads, herder);

    const readiness = new Readiness();
    const url = await foundation.serve(server, {
      herder,
      threads,
      kafkaClusterId,
      health: () => readiness.health(),
    });
    return {
      url,
      herder,
      refused: new Promise(() => undefined),
      ready: () => readiness.reached(),
      [Symbol.asyncDispose]: () => foundation.stop(),
    };
  } catch (error) {
    await foundation.stop();
    throw foundation.shown(error);
  }
}

async function lookUpClusterId(props: Props, logging: Logging): Promise<string> {
  await using client = openWorkerClient(props, {}, logging.logger("kafka"));
  return await clusterIdOf(client, props);
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

  health(): Promise<Health> {
    return checkHealth({
      probe: () => this.#reached,
      isReady: () => this.#ready,
      stage: () => "The worker is creating its first connectors.",
    });
  }
}
