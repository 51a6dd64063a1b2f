import type { Logger, PluginMetrics, Props } from "@millrace/connect-api";
import type { Labels } from "../metrics/group.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import type { Calls } from "../threads/calls.ts";
import type { MainMethods } from "../threads/protocol.ts";
import type { TaskSpec, UnitState } from "../threads/units.ts";
import type { TaskLife } from "./life.ts";
import type { TaskMeasures } from "./measures.ts";

/** What a task's loop has at hand in its thread. */
export interface TaskEnvironment {
  readonly spec: TaskSpec;
  readonly life: TaskLife;
  readonly measures: TaskMeasures;
  /** Metrics for a plugin of the task. @param tags besides connector and task */
  readonly pluginMetrics: (tags?: Labels) => PluginMetrics;
  readonly workerProps: Props;
  readonly registry: PluginRegistry;
  /** The way to the offset store, which lives on the main thread. */
  readonly offsets: Calls<MainMethods>;
  /** A logger for a part of the runtime or a plugin class; its lines carry the task. */
  readonly logger: (name: string) => Logger;
  /** A text as others may see it, without the secrets that the task knows (I5). */
  readonly hide: (text: string) => string;
  /** Reports a topic the task has used; called once per topic. */
  readonly onActiveTopic: (topic: string) => void;
}

/** What runs a task from start to end. */
export type TaskLoop = (
  env: TaskEnvironment,
  reportState: (state: UnitState) => void,
) => Promise<void>;
