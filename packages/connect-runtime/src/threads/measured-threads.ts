import type { Props } from "@millrace/connect-api";
import type { DryRunSteps } from "../dry-run/steps.ts";
import type { PluginMetric } from "../metrics/plugin-families.ts";
import type { SampleWindows } from "../metrics/sample-windows.ts";
import { StateTimes } from "../metrics/state-times.ts";
import type { MeasuredTask } from "../metrics/measured-task.ts";
import { newTaskMemory } from "../metrics/task-memory.ts";
import { TaskReadings } from "../metrics/task-readings.ts";
import type { Startups, ThreadSubject } from "../metrics/worker-groups.ts";
import type { ConfigInfos, Definition } from "../herder/config-infos.ts";
import type { PluginSchema } from "../herder/plugin-schema.ts";
import type {
  AlteredConnector,
  ConnectorListener,
  ConnectorSpec,
  ConnectorUnit,
  NewOffsets,
  ResolvedProps,
  TaskSpec,
  TaskUnit,
  Threads,
  UnitListener,
} from "./units.ts";

interface Started {
  readonly memory: SharedArrayBuffer;
  readonly times: StateTimes;
}

/** What plugins of a connector or task measured last. */
interface PluginFigures {
  metrics: readonly PluginMetric[];
}

/**
 * Threads whose tasks are measured. What a task measures stays until it is stopped: of one
 * that has failed the last figures are still there, however it ended.
 */
export class MeasuredThreads implements Threads {
  readonly connectorStartups = new StartupCounts();
  readonly taskStartups = new StartupCounts();
  readonly #threads: Threads;
  readonly #windows: SampleWindows;
  readonly #tasks = new Map<string, Started>();
  readonly #plugins = new Set<PluginFigures>();

  constructor(threads: Threads, windows: SampleWindows) {
    this.#threads = threads;
    this.#windows = windows;
  }

  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit {
    const begun = this.connectorStartups.begin();
    const figures = this.#expectFigures();
    const unit = this.#threads.startConnector(spec, {
      onState: (state, trace) => {
        begun.reached(state);
        listener.onState(state, trace);
      },
      onPluginMetrics: (metrics) => void (figures.metrics = metrics),
      onReconfigurationRequest: () => listener.onReconfigurationRequest(),
      onReloadRequest: () => listener.onReloadRequest(),
    });
    return {
      setTargetState: (state) => unit.setTargetState(state),
      taskConfigs: () => unit.taskConfigs(),
      stop: () => unit.stop().finally(() => this.#plugins.delete(figures)),
    };
  }

  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit {
    const key = keyOf(spec.connector, spec.task);
    const started = { memory: newTaskMemory(this.#windows), times: new StateTimes() };
    this.#tasks.set(key, started);
    const figures = this.#expectFigures();
    const begun = this.taskStartups.begin();
    const unit = this.#threads.startTask(
      { ...spec, memory: started.memory },
      {
        onState: (state, trace) => {
          begun.reached(state);
          started.times.reached(state);
          listener.onState(state, trace);
        },
        onPluginMetrics: (metrics) => void (figures.metrics = metrics),
      },
    );
    return {
      setTargetState: (state) => unit.setTargetState(state),
      stop: async () => {
        try {
          await unit.stop();
        } finally {
          this.#plugins.delete(figures);
          // It may have been started again meanwhile.
          if (this.#tasks.get(key) === started) this.#tasks.delete(key);
        }
      },
    };
  }

  validate(props: Props, timeoutMs: number): Promise<ConfigInfos> {
    return this.#threads.validate(props, timeoutMs);
  }

  resolve(props: Props, timeoutMs: number): Promise<ResolvedProps> {
    return this.#threads.resolve(props, timeoutMs);
  }

  pluginConfig(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): Promise<Definition[]> {
    return this.#threads.pluginConfig(pluginClass, version, timeoutMs);
  }

  pluginSchema(
    pluginClass: string,
    version: string | undefined,
    timeoutMs: number,
  ): Promise<PluginSchema> {
    return this.#threads.pluginSchema(pluginClass, version, timeoutMs);
  }

  alterOffsets(
    connector: AlteredConnector,
    offsets: NewOffsets,
    timeoutMs: number,
  ): Promise<boolean> {
    return this.#threads.alterOffsets(connector, offsets, timeoutMs);
  }

  dryRun<Step extends keyof DryRunSteps>(
    step: Step,
    args: Parameters<DryRunSteps[Step]>,
    timeoutMs: number,
  ): Promise<Awaited<ReturnType<DryRunSteps[Step]>>> {
    return this.#threads.dryRun(step, args, timeoutMs);
  }

  use(): readonly ThreadSubject[] {
    return this.#threads.use();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#threads[Symbol.asyncDispose]();
  }

  /** Of all connectors and tasks. */
  pluginMetrics(): PluginMetric[] {
    return Array.from(this.#plugins, ({ metrics }) => metrics).flat();
  }

  #expectFigures(): PluginFigures {
    const figures: PluginFigures = { metrics: [] };
    this.#plugins.add(figures);
    return figures;
  }

  /** Undefined for a task that was not started, or was stopped. */
  measured(connector: string, task: number): MeasuredTask | undefined {
    const started = this.#tasks.get(keyOf(connector, task));
    if (started === undefined) return undefined;
    const { memory, times } = started;
    return {
      readings: new TaskReadings(memory),
      runningRatio: times.ratio("RUNNING"),
      pauseRatio: times.ratio("PAUSED"),
    };
  }
}

/** Counts starts: one has succeeded when it runs, and failed when it fails before that. */
class StartupCounts implements Startups {
  attempts = 0;
  successes = 0;
  failures = 0;

  begin(): { reached: (state: string) => void } {
    this.attempts++;
    let isOver = false;
    return {
      reached: (state) => {
        if (isOver || (state !== "RUNNING" && state !== "FAILED")) return;
        isOver = true;
        if (state === "RUNNING") this.successes++;
        else this.failures++;
      },
    };
  }
}

function keyOf(connector: string, task: number): string {
  return `${task} ${connector}`;
}
