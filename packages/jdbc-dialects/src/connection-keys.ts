import type { Password, Props } from "@millrace/connect-api";
import type { ConnectionSettings } from "./dialect.ts";

/** What both connectors' keys say of a connection. */
interface ConnectionConfig {
  readonly "connection.url": string;
  readonly "connection.user": string | null;
  readonly "connection.password": Password | null;
}

/** The `connection.…` keys that are the connector's own; all others go to the driver. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  "connection.url",
  "connection.user",
  "connection.password",
  "connection.attempts",
  "connection.backoff.ms",
]);

/** @param more what the keys do not say */
export function connectionSettings(
  config: ConnectionConfig,
  props: Props,
  more: Pick<ConnectionSettings, "applicationName" | "isolation" | "readOnly">,
): ConnectionSettings {
  const password = config["connection.password"];
  return {
    url: config["connection.url"],
    user: config["connection.user"],
    password: password === null ? null : () => password.value(),
    properties: new Map(
      Object.entries(props)
        .filter(([key]) => key.startsWith("connection.") && !OWN_KEYS.has(key))
        .map(([key, value]) => [key.slice("connection.".length), value]),
    ),
    ...more,
  };
}

const DEFAULT_CREDENTIALS = "io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider";

/** `jdbc.credentials.provider.class`, which names what only Java has. */
export const CREDENTIALS_PROVIDER = {
  type: "STRING",
  default: DEFAULT_CREDENTIALS,
  importance: "LOW",
  displayName: "Credentials provider",
  doc: "Not supported: user and password come from connection.user and connection.password, which may name a config provider's secret.",
  check: (value: unknown) =>
    value === DEFAULT_CREDENTIALS || value === ""
      ? undefined
      : "Credentials providers are Java classes and not supported; set connection.user and connection.password, by a config provider if need be",
} as const;
