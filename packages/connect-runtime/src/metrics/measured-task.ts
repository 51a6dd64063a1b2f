import type { TaskReadings } from "./task-readings.ts";

/** A class that a configuration names, as it was found. */
export interface PluginInfo {
  readonly class: string;
  /** Undefined where the plugin was not found. */
  readonly version: string | undefined;
}

/** A task that this worker has to run, also one that has failed. */
export interface TaskSubject {
  readonly connector: string;
  readonly task: number;
  /** unknown where the plugin is not installed */
  readonly type: "source" | "sink" | "unknown";
  /** As REST shows it, in lower case. */
  readonly status: string;
  readonly plugins: TaskPlugins;
  /** `client.id` of the producer of a source's task, of the consumer of a sink's. */
  readonly clientId: string;
  /** Undefined for a task that failed before it was started. */
  readonly measured: MeasuredTask | undefined;
}

export interface MeasuredTask {
  readonly readings: TaskReadings;
  /** Shares of the time since its start. */
  readonly runningRatio: number;
  readonly pauseRatio: number;
}

export interface TaskPlugins {
  readonly connector: PluginInfo;
  readonly task: PluginInfo;
  readonly keyConverter: PluginInfo | undefined;
  readonly valueConverter: PluginInfo | undefined;
  readonly headerConverter: PluginInfo | undefined;
  readonly transforms: readonly StepPlugin[];
  readonly predicates: readonly StepPlugin[];
}

export interface StepPlugin extends PluginInfo {
  readonly alias: string;
}

/** A task that has been started. */
export type Measured = TaskSubject & { readonly measured: MeasuredTask };

export const LABELS = {
  connector: ({ connector }: { connector: string }) => connector,
  task: ({ task }: { task: number }) => String(task),
};

export const tally =
  (name: Parameters<TaskReadings["tally"]>[0]) =>
  ({ measured }: Measured) =>
    measured.readings.tally(name);
export const average =
  (name: Parameters<TaskReadings["average"]>[0]) =>
  ({ measured }: Measured) =>
    measured.readings.average(name);
export const max =
  (name: Parameters<TaskReadings["max"]>[0]) =>
  ({ measured }: Measured) =>
    measured.readings.max(name);
export const rate =
  (name: Parameters<TaskReadings["rate"]>[0]) =>
  ({ measured }: Measured) =>
    measured.readings.rate(name);
