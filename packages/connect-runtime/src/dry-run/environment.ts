import type { Logger, OffsetStorageReader, PluginMetrics, Props } from "@millrace/connect-api";
import type { Labels } from "../metrics/group.ts";
import type { PluginRegistry } from "../plugins/registry.ts";

/** What a dry run has at hand in its thread. */
export interface DryRunEnvironment {
  readonly workerProps: Props;
  readonly registry: PluginRegistry;
  /** A logger for a part of the runtime or a plugin class; its lines say that this is a dry run. */
  readonly logger: (name: string) => Logger;
  /** The committed offsets of the connector of this name, if there is one. */
  readonly offsets: OffsetStorageReader;
  /** Plugins keep their metrics as always; nobody reads them. */
  readonly pluginMetrics: (tags?: Labels) => PluginMetrics;
}
