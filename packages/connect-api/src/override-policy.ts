import type { ConfigValue } from "./config/validate.ts";
import type { ConnectPlugin, Props } from "./plugin.ts";

/** What a connector asks for its Kafka clients. */
export interface ClientConfigRequest {
  readonly connectorName: string;
  readonly connectorType: "source" | "sink";
  readonly connectorClass: string;
  readonly clientType: "PRODUCER" | "CONSUMER" | "ADMIN";
  /** The overridden client keys, without their `producer.override.` etc. */
  readonly clientProps: Props;
}

/** Decides which client settings connectors may override (KIP-458). */
export interface ConnectorClientConfigOverridePolicy extends ConnectPlugin {
  configure(props: Props): void;
  /** One value per key of the request; a value with errors refuses the configuration. */
  validate(request: ClientConfigRequest): ConfigValue[];
  close?(): void;
}
