import type { Props } from "@millrace/connect-api";
import type { KafkaClient } from "@millrace/kafka-client";
import {
  type DistributedConfig,
  exactlyOnceSupport,
  parseDistributedConfig,
} from "../config/distributed-config.ts";
import { ClusterWorkers } from "../group/cluster-workers.ts";
import { WorkerGroup } from "../group/worker-group.ts";
import { ownOffsetsTopic } from "../herder/distributed/exactly-once.ts";
import { DistributedHerder } from "../herder/distributed/distributed-herder.ts";
import type { GroupParts } from "../herder/distributed/membership.ts";
import { fenceProducers } from "../kafka/fence-producers.ts";
import { openSinkGroup } from "../kafka/sink-group.ts";
import { clusterIdOf, openWorkerClient } from "../kafka/worker-client.ts";
import type { Logging } from "../logging.ts";
import { RebalanceMeasures } from "../metrics/rebalance-measures.ts";
import { checkHealth } from "../rest/health.ts";
import { urlOf } from "../rest/listener.ts";
import { LeaderRequests } from "../rest/leader-requests.ts";
import { ConnectorOffsetStores } from "../store/connector-offset-stores.ts";
import { internalTopic } from "../store/internal-topics.ts";
import { KafkaConfigStore } from "../store/kafka-config-store.ts";
import { KafkaOffsetStore } from "../store/kafka-offset-store.ts";
import { KafkaStatusStore } from "../store/kafka-status-store.ts";
import { unitContext } from "../task/logger.ts";
import { withClientProps } from "./client-variables.ts";
import { Foundation, type Substitutes, type Worker } from "./foundation.ts";

/** How often, and how long, the coordinator is asked for news after another worker has given up work. */
const NEWS_MS = 250;
const NEWS_FOR_MS = 5_000;

/**
 * Starts a worker of a cluster, in this process: makes all its parts and connects them. It
 * answers REST when its topics are read; its place in the cluster it looks for after that.
 * @param raw the worker's properties as they were written
 * @throws {ConnectError} naming the key, address or topic that is to blame; nothing runs then
 */
export async function startDistributed(
  raw: Props,
  logging: Logging,
  substitutes: Substitutes = {},
): Promise<Worker> {
  const foundation = await Foundation.lay(raw, parseDistributedConfig, logging, substitutes.scan);
  const { running, registry, config, props } = foundation;
  try {
    const { server, workerId } = await foundation.listen();
    const clientId = `connect-${workerId}`;
    const client = openWorkerClient(props, { "client.id": clientId }, logging.logger("kafka"));
    const beforeServer = (...parts: AsyncDisposable[]) => running.splice(-1, 0, ...parts);
    beforeServer(client);
    const kafkaClusterId = await clusterIdOf(client, props);

    let started = false;
    const news = new News(() => void group.heartbeatNow());
    const storage = (kind: "config" | "offset" | "status") => {
      const logger = logging.logger(`store.${kind}`);
      return { client, topic: internalTopic(kind, props, logger), logger };
    };
    const statuses = new KafkaStatusStore({
      ...storage("status"),
      workerId,
      onStatus: (connector, task, status, before) => {
        // What was before this worker is no event.
        if (started) foundation.events.status(connector, task, status, before);
        // Whoever gives up work is about to leave, or joins again: be there in time.
        if (status?.state === "UNASSIGNED" && status.workerId !== workerId) news.expect();
      },
    });
    const offsets = new ConnectorOffsetStores({
      worker: new KafkaOffsetStore(storage("offset")),
      topicOf: (connector) => ownOffsetsTopic(configs.snapshot(), connector, config),
      open: (topic) => {
        const { logger, ...rest } = storage("offset");
        const own = internalTopic("offset", { ...props, "offset.storage.topic": topic }, logger);
        const key = "offsets.storage.topic";
        return new KafkaOffsetStore({ ...rest, logger, topic: { ...own, key } });
      },
      logger: logging.logger("store.offset"),
    });
    const configs = new KafkaConfigStore({
      ...storage("config"),
      transactionalId:
        exactlyOnceSupport(config) === "disabled"
          ? undefined
          : `connect-cluster-${config["group.id"]}`,
      listener: {
        connectorUpdated: (name) => herder.configListener.connectorUpdated(name),
        connectorRemoved: (name) => herder.configListener.connectorRemoved(name),
        tasksUpdated: (name) => herder.configListener.tasksUpdated(name),
        targetStateChanged: (name) => herder.configListener.targetStateChanged(name),
        sessionKeyUpdated: (key) => herder.configListener.sessionKeyUpdated(key),
        restartRequested: (request) => herder.configListener.restartRequested(request),
        loggerLevelChanged: (name, level) => herder.configListener.loggerLevelChanged(name, level),
      },
    });
    beforeServer(news, statuses, offsets, configs);
    await Promise.all([statuses.start(), offsets.start(), configs.start()]);
    started = true;

    const threads = substitutes.threads
      ? foundation.measured(substitutes.threads(registry, props))
      : foundation.threads(
          offsets,
          (connector, task, topic) => herder.recordActiveTopic(connector, task, topic),
          {
            offsetKeys: (keys) => offsets.keysThere(keys),
            copyOffsets: (entries) => offsets.copy(entries),
            isCurrent: (connector, task, generation) =>
              herder.isCurrent(connector, task, generation),
          },
        );
    const rebalances = new RebalanceMeasures(foundation.windows);
    let group!: WorkerGroup;
    const workers = new ClusterWorkers(client, config["group.id"], logging.logger("group"));
    const herder = new DistributedHerder({
      config,
      threads,
      registry,
      configs,
      offsets,
      statuses,
      events: foundation.events,
      workerId,
      openGroup: (parts) =>
        (group = openGroup(
          config,
          client,
          `${urlOf(server.advertised)}/`,
          logging,
          configs,
          parts,
          (durationMs) => rebalances.heartbeat(durationMs),
        )),
      rebalances,
      workers: () => workers.ids(),
      leaderRequests: new LeaderRequests(foundation.client),
      fenceProducers: (connector, connectorProps, ids) =>
        withClientProps(threads, connectorProps, (resolved) =>
          fenceProducers(props, connector, resolved, ids),
        ),
      setLogLevel: (name, level) => logging.setLevel(name, level),
      openSinkGroup: (connector, connectorProps) =>
        withClientProps(threads, connectorProps, async (resolved) =>
          openSinkGroup(props, connector, resolved, logging.logger("kafka")),
        ),
      logger: logging.logger("herder"),
      loggerOf: (...unit) => logging.logger("herder", unitContext(...unit)),
    });
    beforeServer(threads, herder);

    const joining = herder.start();
    const refused = joining.then(() => new Promise<never>(() => undefined));
    // Whoever runs the worker hears of it when they wait for it.
    refused.catch(() => undefined);
    const url = await foundation.serve(server, {
      herder,
      threads,
      kafkaClusterId,
      health: () =>
        checkHealth({
          probe: () => herder.probe(),
          isReady: () => herder.isReady,
          stage: () => herder.stages.summary(),
        }),
      cluster: () => ({ ...herder.membership, clientId }),
    });
    return {
      url,
      herder,
      refused,
      ready: () => undefined,
      [Symbol.asyncDispose]: () => foundation.stop(),
    };
  } catch (error) {
    await foundation.stop();
    throw foundation.shown(error);
  }
}

function openGroup(
  config: DistributedConfig,
  client: KafkaClient,
  url: string,
  logging: Logging,
  configs: KafkaConfigStore,
  { revoked, rejoinNeeded, released }: GroupParts,
  heartbeat: (durationMs: number) => void,
): WorkerGroup {
  return new WorkerGroup({
    client,
    groupId: config["group.id"],
    protocol: config["connect.protocol"],
    url,
    sessionTimeoutMs: config["session.timeout.ms"],
    heartbeatIntervalMs: config["heartbeat.interval.ms"],
    rebalanceTimeoutMs: config["rebalance.timeout.ms"],
    retryBackoffMs: config["retry.backoff.ms"],
    retryBackoffMaxMs: config["retry.backoff.max.ms"],
    maxDelayMs: config["scheduled.rebalance.max.delay.ms"],
    configs,
    released,
    listener: { revoked, rejoinNeeded, heartbeat },
    logger: logging.logger("group"),
  });
}

/**
 * Asks the coordinator for news more often for a while. With the usual heartbeats others
 * would learn up to `heartbeat.interval.ms` later that a worker has left.
 */
class News implements AsyncDisposable {
  readonly #ask: () => void;
  #timer: NodeJS.Timeout | undefined;
  #until = 0;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  expect(): void {
    this.#until = Date.now() + NEWS_FOR_MS;
    this.#timer ??= setInterval(() => {
      this.#ask();
      if (Date.now() >= this.#until) this.#stop();
    }, NEWS_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
