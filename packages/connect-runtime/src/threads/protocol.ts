import type { Props } from "@millrace/connect-api";
import type { ConfigInfos, Definition } from "../herder/config-infos.ts";
import type { LogEntry } from "../task/logger.ts";
import type { PluginLocation } from "../plugins/location.ts";
import type { CallMessage } from "./calls.ts";
import type { ConnectorSpec, TargetState, TaskSpec, UnitState } from "./units.ts";

/** What a thread is started with. */
export interface ThreadInit {
  /** The worker's own configuration, resolved. */
  readonly workerProps: Props;
  readonly plugins: readonly PluginLocation[];
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
  | {
      readonly type: "active-topic";
      readonly connector: string;
      readonly task: number;
      readonly topic: string;
    }
  | { readonly type: "log"; readonly entry: LogEntry };

/** What the main thread asks of a thread. */
export interface ThreadMethods {
  readonly [method: string]: (...args: never[]) => Promise<unknown>;
  readonly taskConfigs: (unit: number, maxTasks: number) => Promise<Props[]>;
  /** Ends a unit; answers when it has ended. */
  readonly stop: (unit: number) => Promise<void>;
  readonly validate: (props: Props) => Promise<ConfigInfos>;
  readonly pluginConfig: (
    pluginClass: string,
    version: string | undefined,
  ) => Promise<Definition[]>;
}

/** What a thread asks of the main thread. */
export interface MainMethods {
  readonly [method: string]: (...args: never[]) => Promise<unknown>;
  readonly readOffsets: (keys: readonly string[]) => Promise<(string | null)[]>;
  readonly writeOffsets: (entries: ReadonlyMap<string, string | null>) => Promise<void>;
}
