import type { Logger } from "@millrace/connect-api";
import type { Herder } from "../herder/herder.ts";
import type { Logging } from "../logging.ts";
import type { PluginRegistry } from "../plugins/registry.ts";

/** What the REST API shows and steers: there once the worker has started. */
export interface Resources {
  readonly herder: Herder;
  readonly registry: PluginRegistry;
  readonly logging: Logging;
  readonly logger: Logger;
  readonly server: ServerInfo;
  readonly topicTracking: { readonly enabled: boolean; readonly resettable: boolean };
  readonly health: () => Promise<Health>;
}

export interface ServerInfo {
  /** The version of Kafka Connect whose behaviour this worker has; clients choose by it. */
  readonly version: string;
  readonly commit: string;
  readonly kafkaClusterId: string;
}

export interface Health {
  readonly status: "healthy" | "starting" | "unhealthy";
  readonly message: string;
  readonly ready: boolean;
}
