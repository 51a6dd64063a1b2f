import { randomUUID } from "node:crypto";
import type { Props } from "@millrace/connect-api";
import { sharedKafka } from "@millrace/services";
import { onTestFinished } from "vitest";
import type { DistributedHerder } from "../../src/herder/distributed/distributed-herder.ts";
import { Logging } from "../../src/logging.ts";
import type { PluginRegistry } from "../../src/plugins/registry.ts";
import { scanPlugins } from "../../src/plugins/scan.ts";
import type { LogEntry } from "../../src/task/logger.ts";
import { startDistributed } from "../../src/worker/distributed.ts";
import { FakeThreads } from "./fake-threads.ts";
import { send } from "./send.ts";
import { until } from "./until.ts";
import { RECORDED_PLUGINS, REST_EXTENSIONS } from "./worker-under-test.ts";

export interface ClusterWorker {
  readonly url: string;
  /** `host:port` */
  readonly id: string;
  readonly herder: DistributedHerder;
  readonly threads: FakeThreads;
  readonly registry: PluginRegistry;
  readonly log: LogEntry[];
  /** Says goodbye. */
  stop(): Promise<void>;
}

/**
 * Workers of one cluster in this process, on a real broker, over threads that run no plugins.
 * They end with the test.
 */
export class ClusterUnderTest {
  readonly workers: ClusterWorker[] = [];
  readonly name = `cluster-${randomUUID().slice(0, 8)}`;
  readonly #props: Props;

  constructor(props: Props = {}) {
    this.#props = props;
  }

  /** The properties of one more worker. */
  async props(): Promise<Props> {
    return {
      "bootstrap.servers": await sharedKafka(),
      "group.id": this.name,
      "config.storage.topic": `${this.name}-configs`,
      "offset.storage.topic": `${this.name}-offsets`,
      "status.storage.topic": `${this.name}-status`,
      "config.storage.replication.factor": "1",
      "offset.storage.replication.factor": "1",
      "offset.storage.partitions": "2",
      "status.storage.replication.factor": "1",
      "status.storage.partitions": "2",
      "key.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "scheduled.rebalance.max.delay.ms": "0",
      "session.timeout.ms": "6000",
      "heartbeat.interval.ms": "500",
      "plugin.path": `${RECORDED_PLUGINS},${REST_EXTENSIONS}`,
      listeners: "http://127.0.0.1:0",
      ...this.#props,
    };
  }

  /** Resolves when the worker has its place in the cluster. */
  async add(): Promise<ClusterWorker> {
    const log: LogEntry[] = [];
    const logging = new Logging((entry) => log.push(entry));
    let threads!: FakeThreads;
    let registry!: PluginRegistry;
    const worker = await startDistributed(await this.props(), logging, {
      scan: async (paths) => {
        const scan = await scanPlugins(paths);
        // Those of the worker's own dependencies would stand beside the recorded ones.
        const plugins = scan.plugins.filter(
          (p) => p.package === "recorded-plugins" || p.kind === "rest_extension",
        );
        return { ...scan, plugins };
      },
      threads: (plugins, props) => {
        registry = plugins;
        return (threads = new FakeThreads(plugins, props));
      },
    });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= Promise.resolve(worker[Symbol.asyncDispose]()));
    onTestFinished(stop);
    const herder = worker.herder as DistributedHerder;
    const { url } = worker;
    const added = {
      url,
      id: url.replace(/^https?:\/\//, ""),
      herder,
      threads,
      registry,
      log,
      stop,
    };
    this.workers.push(added);
    await Promise.race([herder.probe(), worker.refused]);
    return added;
  }

  /** Where connectors and tasks run, by what the threads of all workers have; each must run once. */
  placement(): Map<string, string> {
    const placement = new Map<string, string>();
    for (const { threads, id } of this.workers) {
      for (const unit of threads.alive()) {
        if (placement.has(unit))
          throw new Error(`${unit} runs on ${placement.get(unit)} and ${id}`);
        placement.set(unit, id);
      }
    }
    return placement;
  }

  /** Waits until these run, each once, and nothing else does. */
  async running(...units: readonly string[]): Promise<void> {
    const wanted = units.toSorted().join();
    await until(`${wanted} run`, () => {
      const alive = this.workers.flatMap(({ threads }) => threads.alive());
      return alive.toSorted().join() === wanted;
    });
  }

  /** How many connectors and tasks each worker runs. */
  loads(): { connectors: number[]; tasks: number[] } {
    const count = (alive: string[], task: boolean) =>
      alive.filter((unit) => /-\d+$/.test(unit) === task).length;
    const alive = this.workers.map(({ threads }) => threads.alive());
    return {
      connectors: alive.map((units) => count(units, false)),
      tasks: alive.map((units) => count(units, true)),
    };
  }

  send(worker: number, method: string, path: string, body?: unknown) {
    return send(this.workers[worker]!.url, method, path, body);
  }
}
