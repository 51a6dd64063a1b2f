import type { MaybePromise } from "./maybe-promise.ts";
import type { ConnectPlugin, Props } from "./plugin.ts";

/** What a provider found: values by key, and how long they are good for. */
export interface ConfigData {
  readonly data: Readonly<Record<string, string>>;
  /** Milliseconds after which the values should be read again; absent = they stay. */
  readonly ttlMs?: number;
}

/** Resolves the variables `${provider:path:key}` of configurations (KIP-297). */
export interface ConfigProvider extends ConnectPlugin {
  configure(props: Props): void;
  /** The values at a path; all of them when no keys are named. Keys that are not there are left out. */
  get(path: string, keys?: readonly string[]): MaybePromise<ConfigData>;
  close?(): MaybePromise<void>;
}
