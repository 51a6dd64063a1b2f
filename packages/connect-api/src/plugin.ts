import type { ConfigDef } from "./config/def.ts";

/** Raw configuration as operators write it: text by text. */
export type Props = Readonly<Record<string, string>>;

/** What every kind of plugin has (Java: `ConnectPlugin`). */
export interface ConnectPlugin {
  /** The plugin's configuration table; served by REST, checked before the plugin is configured. */
  config(): ConfigDef;
  /** Overrides the version of the plugin's package. */
  version?(): string;
}

/** Where a plugin writes its log lines; the worker adds connector, task and plugin to each. */
export interface Logger {
  trace(message: string, details?: object): void;
  debug(message: string, details?: object): void;
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}
