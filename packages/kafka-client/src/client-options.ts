import type { ConnectionOptions as TlsOptions } from "node:tls";

import type { SaslOptions } from "./connection/sasl.ts";
import { KafkaError } from "./errors.ts";

/** The protocol gives the length of a text in two bytes, with a sign. */
const LONGEST_TEXT_BYTES = 32_767;

export interface ClientOptions {
  /** "host:port"; every one is tried, in random order. An IPv6 address stands in brackets. */
  bootstrapServers: string[];
  clientId?: string;
  /** No answer for so long closes the connection. Java: request.timeout.ms. Default 30 000. */
  requestTimeoutMs?: number;
  /** How long `request` repeats before it gives up. Java: default.api.timeout.ms. Default 60 000. */
  apiTimeoutMs?: number;
  /** Java: socket.connection.setup.timeout.ms. Default 10 000. */
  connectTimeoutMs?: number;
  retryBackoffMs?: number;
  retryBackoffMaxMs?: number;
  reconnectBackoffMs?: number;
  reconnectBackoffMaxMs?: number;
  connectionsMaxIdleMs?: number;
  /** Metadata of topics in use is loaded anew after so long; unused topics are forgotten. */
  metadataMaxAgeMs?: number;
  tls?: TlsOptions;
  sasl?: SaslOptions;
  /** Told of what a user may want to know and no call can return, such as a broker being away. */
  log?: (level: "info" | "warn", message: string) => void;
}

export type ResolvedClientOptions = Required<Omit<ClientOptions, "tls" | "sasl">> &
  Pick<ClientOptions, "tls" | "sasl">;

/**
 * Defaults as of Java 4.3.1's AdminClientConfig and CommonClientConfigs.
 * @throws KafkaError INVALID_CONFIG
 */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  const bytes = Buffer.byteLength(options.clientId ?? "");
  if (bytes > LONGEST_TEXT_BYTES)
    throw new KafkaError(
      "INVALID_CONFIG",
      `client.id has ${bytes} bytes, and no broker takes more than ${LONGEST_TEXT_BYTES}: shorten it, or the name it is made of`,
    );
  return {
    clientId: "millrace",
    requestTimeoutMs: 30_000,
    apiTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1000,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 1000,
    connectionsMaxIdleMs: 540_000,
    metadataMaxAgeMs: 300_000,
    log: () => {},
    ...options,
  };
}
