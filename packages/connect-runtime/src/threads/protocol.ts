import type { Props } from "@millrace/connect-api";
import type { DryRunSteps } from "../dry-run/steps.ts";
import type { Definition } from "../herder/config-infos.ts";
import type { PluginSchema } from "../herder/plugin-schema.ts";
import type { PluginMetric } from "../metrics/plugin-families.ts";
import type { LogEntry } from "../task/logger.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { ErrorData } from "../errors/error-data.ts";
import type { Culprit } from "./blame.ts";
import type { CallMessage } from "./calls.ts";
import type {
  AlteredConnector,
  ConnectorSpec,
  NewOffsets,
  ResolvedProps,
  TargetState,
  TaskConfigs,
  TaskSpec,
  UnitState,
} from "./units.ts";

/** What a thread is started with. */
export interface ThreadInit {
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  /** Values in it that came from config providers, to be hidden (I5). */
  readonly workerSecrets: readonly string[];
  readonly plugins: readonly PluginLocation[];
  /** One Int32: the least severity of lines that anybody wants (`Logging.floor`). */
  readonly logFloor: SharedArrayBuffer;
}

/** What a worker thread is started with besides. */
export interface WorkerThreadInit extends ThreadInit {
  /** One Int32 that the thread counts up while it is alive. */
  readonly heartbeat: SharedArrayBuffer;
}

export type ToThread =
  | CallMessage
  | { readonly type: "start-connector"; readonly unit: number; readonly spec: ConnectorSpec }
  | { readonly type: "start-task"; readonly unit: number; readonly spec: TaskSpec }
  | { readonly type: "target-state"; readonly unit: number; readonly state: TargetState };

export type FromThread =
  | CallMessage
  | {
      readonly type: "state";
      readonly unit: number;
      readonly state: UnitState;
      readonly trace?: string;
    }
  | { readonly type: "reconfigure"; readonly unit: number }
  | { readonly type: "reload"; readonly unit: number }
  | {
      readonly type: "active-topic";
      readonly connector: string;
      readonly task: number;
      readonly topic: string;
    }
  | { readonly type: "log"; readonly entry: LogEntry }
  /** What plugins of a unit measure, once a second where they do. */
  | {
      readonly type: "plugin-metrics";
      readonly unit: number;
      readonly metrics: readonly PluginMetric[];
    }
  /** There is a logger of this name. */
  | { readonly type: "logger"; readonly name: string }
  /** A unit that has failed does not come back from its plugin's code, which stays behind. */
  | { readonly type: "given-up"; readonly unit: number }
  | {
      /** The thread cannot go on. */
      readonly type: "broken";
      readonly error: ErrorData;
      readonly culprit: Culprit;
    };

/** What the main thread asks of a thread. */
export interface ThreadMethods extends DryRunSteps {
  readonly [method: string]: (...args: never[]) => Promise<unknown>;
  readonly taskConfigs: (unit: number) => Promise<TaskConfigs>;
  /** Ends a unit; answers when it has ended, with true, or was given up after its grace time. */
  readonly stop: (unit: number) => Promise<boolean>;
  readonly resolve: (props: Props) => Promise<ResolvedProps>;
  readonly pluginConfig: (
    pluginClass: string,
    version: string | undefined,
  ) => Promise<Definition[]>;
  readonly pluginSchema: (
    pluginClass: string,
    version: string | undefined,
  ) => Promise<PluginSchema>;
  readonly alterOffsets: (connector: AlteredConnector, offsets: NewOffsets) => Promise<boolean>;
}

/** What a thread asks of the main thread. */
export interface MainMethods {
  readonly [method: string]: (...args: never[]) => Promise<unknown>;
  readonly readOffsets: (keys: readonly string[]) => Promise<(string | null)[]>;
  readonly writeOffsets: (entries: ReadonlyMap<string, string | null>) => Promise<void>;
  /** The keys that stand in the offsets topic for these: to be used by who writes there itself. */
  readonly offsetKeys: (keys: readonly string[]) => Promise<string[]>;
  /** Copies to the worker's offsets topic what was committed in a connector's own. Never rejects. */
  readonly copyOffsets: (entries: ReadonlyMap<string, string>) => Promise<void>;
  /** Whether a task is still this worker's to run, with configurations of this generation. */
  readonly isCurrent: (connector: string, task: number, generation: number) => Promise<boolean>;
}
