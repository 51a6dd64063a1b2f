import { ConfigError, type Props } from "@millrace/connect-api";
import type { TlsSettings } from "@millrace/kafka-client";
import { taskThreads, threadHeapMb, type WorkerConfig } from "../config/worker-config.ts";
import { Events } from "../feed/events.ts";
import { hiddenError } from "../errors/hidden-error.ts";
import type { Herder } from "../herder/herder.ts";
import type { Logging } from "../logging.ts";
import type { ClusterSubject } from "../metrics/cluster-groups.ts";
import { otlpSettings } from "../metrics/otlp-settings.ts";
import { warnOfReporters } from "../metrics/reporters.ts";
import type { SampleWindows } from "../metrics/sample-windows.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { type Scan, scanPlugins } from "../plugins/scan.ts";
import { loadExtensions } from "../rest/extensions/load-extensions.ts";
import type { Health } from "../rest/health.ts";
import { urlOf, workerIdOf } from "../rest/listener.ts";
import type { RenewedTls } from "../rest/renewed-tls.ts";
import { RestClient } from "../rest/rest-client.ts";
import { RestServer } from "../rest/server.ts";
import { renewedClientTls } from "../rest/tls.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import { MeasuredThreads } from "../threads/measured-threads.ts";
import { createThreads, type ThreadsOptions } from "../threads/pool.ts";
import type { Threads } from "../threads/units.ts";
import { WorkerMetrics } from "./worker-metrics.ts";
import { pluginPathOf, resolveWorkerProps, type WorkerProps } from "./worker-props.ts";

/** The Kafka Connect release whose behaviour this worker has; clients choose by its version. */
const KAFKA_RELEASE = { version: "4.3.1", commit: "26b251a451ce941d" } as const;

/** What tests put in the place of a worker's own parts. */
export interface Substitutes {
  readonly scan?: typeof scanPlugins;
  readonly threads?: (registry: PluginRegistry, props: Props) => Threads;
}

/** What a worker answers requests with, besides what all workers have. */
export interface Served {
  readonly herder: Herder;
  readonly threads: MeasuredThreads;
  readonly kafkaClusterId: string;
  readonly health: () => Promise<Health>;
  /** Undefined for a worker on its own. */
  readonly cluster?: () => ClusterSubject;
}

/** A running worker. Disposing of it stops it gracefully. */
export interface Worker extends AsyncDisposable {
  readonly url: string;
  readonly herder: Herder;
  /** Rejects when the worker can do nothing more, with the reason; never resolves. */
  readonly refused: Promise<never>;
  /** To be called when all connectors given at the start exist: the worker is healthy from then on. */
  ready(): void;
}

/**
 * What a worker of either mode stands on: its plugins, its REST server, its threads. Parts
 * are ended in the reverse order of `running`.
 */
export class Foundation<C extends WorkerConfig = WorkerConfig> {
  readonly running: AsyncDisposable[] = [];
  /** Asks other workers, which is why it has the TLS of the listeners. */
  readonly client = new RestClient({ tls: () => this.#clientTls() });
  readonly events = new Events();
  /** The worker's properties, variables resolved. */
  readonly props: Props;
  readonly config: C;
  readonly registry: PluginRegistry;
  readonly logging: Logging;
  readonly #resolved: WorkerProps;
  #renewedTls: RenewedTls<TlsSettings> | undefined;
  readonly #scan: Scan;

  private constructor(
    resolved: WorkerProps,
    config: C,
    scan: Scan,
    registry: PluginRegistry,
    logging: Logging,
  ) {
    this.props = resolved.props;
    this.config = config;
    this.registry = registry;
    this.logging = logging;
    this.#resolved = resolved;
    this.#scan = scan;
  }

  /**
   * Finds the plugins, asks the config providers among them, and parses the properties.
   * @param raw the properties as they were written
   * @throws {ConnectError} naming the provider or key that is to blame
   */
  static async lay<C extends WorkerConfig>(
    raw: Props,
    parse: (props: Props) => C,
    logging: Logging,
    scanner: typeof scanPlugins = scanPlugins,
  ): Promise<Foundation<C>> {
    const scan = await scanner(pluginPathOf(raw));
    reportPlugins(scan, logging);
    const registry = new PluginRegistry(scan.plugins);
    const resolved = await resolveWorkerProps(raw, registry, logging.logger("config"));
    logging.hide(resolved.secrets);
    const config = resolved.parse(parse);
    checkConverters(config, registry);
    return new Foundation(resolved, config, scan, registry, logging);
  }

  /**
   * Listens, without an answer to anything yet. Before Kafka, which may take its time: as
   * with the Java worker, probes find a server that is starting, and a port that is taken is
   * told at once.
   * @throws {ConnectError} naming a listener whose address cannot be had, or a key of its TLS
   */
  async listen(): Promise<{ readonly server: RestServer; readonly workerId: string }> {
    const { config, props, registry, logging } = this;
    const server = await RestServer.listen(config, logging.logger("rest"), {
      props,
      audit: logging.logger("audit"),
      loadExtensions: (clusterState) =>
        loadExtensions(config["rest.extension.classes"], registry, props, clusterState, logging),
    });
    this.running.push(server);
    const workerId = workerIdOf(server.advertised);
    this.logging.worker = workerId;
    return { server, workerId };
  }

  threads(
    offsets: OffsetStore,
    onActiveTopic: ThreadsOptions["onActiveTopic"],
    exactlyOnce?: ThreadsOptions["exactlyOnce"],
  ): MeasuredThreads {
    const { config, props } = this;
    return this.measured(
      createThreads({
        workerProps: props,
        workerSecrets: this.#resolved.values,
        plugins: this.#scan.plugins,
        offsets,
        exactlyOnce,
        taskThreads: taskThreads(config),
        graceMs: config["task.shutdown.graceful.timeout.ms"],
        stuckMs: config["task.thread.stuck.ms"],
        maxHeapMb: threadHeapMb(config),
        log: this.logging,
        onActiveTopic,
      }),
    );
  }

  measured(threads: Threads): MeasuredThreads {
    return new MeasuredThreads(threads, this.windows);
  }

  /** How far back metrics look. */
  get windows(): SampleWindows {
    return {
      windowMs: this.config["metrics.sample.window.ms"],
      samples: this.config["metrics.num.samples"],
    };
  }

  /**
   * Answers requests, and has itself measured, from now on.
   * @returns the worker's address
   * @throws {ConnectError} when metrics cannot be pushed as the environment asks
   */
  async serve(server: RestServer, parts: Served): Promise<string> {
    const { herder, kafkaClusterId, health } = parts;
    const metrics = this.#metrics(server, parts);
    this.running.splice(-1, 0, metrics);
    await this.#push(metrics, kafkaClusterId, workerIdOf(server.advertised));
    server.serve({
      herder,
      metrics,
      registry: this.registry,
      logging: this.logging,
      logger: this.logging.logger("rest"),
      client: this.client,
      events: this.events,
      server: { ...KAFKA_RELEASE, kafkaClusterId },
      topicTracking: {
        enabled: this.config["topic.tracking.enable"],
        resettable: this.config["topic.tracking.allow.reset"],
      },
      health,
    });
    const url = urlOf(server.advertised);
    this.logging
      .logger("worker")
      .info(`The worker listens on ${url} and works for Kafka cluster ${kafkaClusterId}`);
    return url;
  }

  #metrics(server: RestServer, { herder, threads, cluster }: Served): WorkerMetrics {
    const { registry, props } = this;
    warnOfReporters(this.config["metric.reporters"], this.logging.logger("metrics"));
    return new WorkerMetrics({
      herder,
      threads,
      cluster,
      registry,
      // What is not set counts too.
      workerProps: { ...props, "header.converter": this.config["header.converter"] },
      info: {
        ...KAFKA_RELEASE,
        clientId: `connect-${workerIdOf(server.advertised)}`,
        startedMs: Math.round(performance.timeOrigin),
      },
    });
  }

  async #push(metrics: WorkerMetrics, kafkaClusterId: string, workerId: string): Promise<void> {
    const settings = otlpSettings(process.env);
    if (settings === undefined) return;
    const { startOtlpPush } = await import("../metrics/otlp-push.ts");
    const groupId = this.props["group.id"];
    const pushing = await startOtlpPush({
      settings,
      families: () => metrics.families(),
      resource: {
        "service.name": "kafka-connect",
        "service.instance.id": workerId,
        // As Java's metrics context has them (KIP-606).
        "connect.kafka.cluster.id": kafkaClusterId,
        ...(groupId !== undefined && { "connect.group.id": groupId }),
        ...metrics.context,
      },
      startedMs: Math.round(performance.timeOrigin),
      logger: this.logging.logger("metrics"),
    });
    // Ends before what it looks at.
    this.running.push(pushing);
  }

  /** An error as it may be shown (I5). */
  shown(error: unknown): unknown {
    return this.#resolved.values.length === 0 ? error : hiddenError(error, this.#resolved.secrets);
  }

  /** Read before the first request by https, and again when the files have changed. */
  #clientTls(): TlsSettings {
    this.#renewedTls ??= renewedClientTls(this.props, this.logging.logger("rest"));
    this.#renewedTls.look();
    return this.#renewedTls.value;
  }

  /** Ends all that runs, the newest part first. */
  async stop(): Promise<void> {
    for (const part of this.running.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  }
}

function reportPlugins({ plugins, problems }: Scan, logging: Logging): void {
  const logger = logging.logger("plugins");
  for (const { path, reason } of problems) logger.warn(`No plugins from ${path}: ${reason}`);
  const packages = new Set(plugins.map((plugin) => plugin.package));
  logger.info(`Found ${plugins.length} plugins in ${packages.size} packages`);
}

/** The worker's own converters must be there; as in Java, it does not start without. */
function checkConverters(config: WorkerConfig, registry: PluginRegistry): void {
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
