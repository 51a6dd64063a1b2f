import type { Props } from "@millrace/connect-api";
import { clientIdOf } from "../kafka/client-props.ts";
import type { Herder, WorkHere } from "../herder/herder.ts";
import type { ClusterSubject } from "../metrics/cluster-groups.ts";
import { contextLabels, metricsContext } from "../metrics/context.ts";
import type { Family, Labels } from "../metrics/group.ts";
import { familiesOfAll } from "../metrics/metrics.ts";
import { pluginFamilies } from "../metrics/plugin-families.ts";
import { ProcessMonitor } from "../metrics/process-group.ts";
import { prometheusText } from "../metrics/prometheus-text.ts";
import type { TaskSubject } from "../metrics/measured-task.ts";
import type { ConnectorSubject, InfoSubject } from "../metrics/worker-groups.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import type { MeasuredThreads } from "../threads/measured-threads.ts";
import { TaskPluginInfos } from "./task-plugin-infos.ts";

export interface WorkerMetricsOptions {
  readonly herder: Pick<Herder, "workHere">;
  readonly threads: MeasuredThreads;
  readonly registry: PluginRegistry;
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  readonly info: InfoSubject;
  /** Undefined for a worker on its own. */
  readonly cluster?: (() => ClusterSubject) | undefined;
}

/** What is measured of a worker: looked up when somebody asks, wherever it is kept. */
export class WorkerMetrics implements AsyncDisposable {
  /** `metrics.context.*` */
  readonly context: Labels;
  readonly #options: WorkerMetricsOptions;
  readonly #plugins: TaskPluginInfos;
  readonly #process = new ProcessMonitor();

  constructor(options: WorkerMetricsOptions) {
    this.#options = options;
    this.#plugins = new TaskPluginInfos(options.registry, options.workerProps);
    this.context = metricsContext(options.workerProps);
  }

  families(): Family[] {
    const { herder, threads, info, cluster } = this.#options;
    const work = herder.workHere();
    const own = familiesOfAll({
      info,
      worker: {
        connectors: work.connectors.length,
        tasks: work.tasks.length,
        connectorStartups: threads.connectorStartups,
        taskStartups: threads.taskStartups,
      },
      connectors: work.connectors.map((connector) => this.#connector(connector)),
      tasks: work.tasks.map((task) => this.#task(task)),
      cluster: cluster?.(),
      threads: threads.use(),
      process: this.#process.look(),
    });
    return [...own, ...pluginFamilies(threads.pluginMetrics())];
  }

  /** In Prometheus' text format. */
  text(): string {
    return prometheusText(this.families(), contextLabels(this.context));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process[Symbol.dispose]();
  }

  #connector({ name, type, config, state }: WorkHere["connectors"][number]): ConnectorSubject {
    return { name, type, plugin: this.#plugins.connector(config), status: statusOf(state) };
  }

  #task(work: WorkHere["tasks"][number]): TaskSubject {
    const { connector, task, connectorConfig, taskConfig, state } = work;
    const { threads, workerProps } = this.#options;
    const plugins = this.#plugins.task(connectorConfig, taskConfig);
    return {
      connector,
      task,
      type: work.type,
      status: statusOf(state),
      plugins,
      clientId: clientIdOf(work.type, workerProps, {
        connector,
        task,
        connectorProps: connectorConfig,
      }),
      measured: threads.measured(connector, task),
    };
  }
}

/** As Java's metrics show it: what has said nothing yet is not assigned. */
function statusOf(state: string | undefined): string {
  return (state ?? "UNASSIGNED").toLowerCase();
}
