import type { Logger } from "@millrace/connect-api";
import type { Events } from "../feed/events.ts";
import type { Herder } from "../herder/herder.ts";
import type { Logging } from "../logging.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import type { Health } from "./health.ts";
import type { RestClient } from "./rest-client.ts";

/** What the REST API shows and steers: there once the worker has started. */
export interface Resources {
  readonly herder: Herder;
  readonly registry: PluginRegistry;
  readonly logging: Logging;
  /** What is measured, in Prometheus' text format. */
  readonly metrics: { text(): string };
  readonly logger: Logger;
  readonly events: Events;
  /** Asks the workers that requests belong to. */
  readonly client: RestClient;
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
