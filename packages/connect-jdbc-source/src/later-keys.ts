import type { Props } from "@millrace/connect-api";

interface LaterKey {
  /** Values that ask for nothing: what the Java connector does when the key is not set. */
  readonly idle: readonly string[];
  /** refuse: without it other rows would be read, or read otherwise. warn: it only tunes. */
  readonly effect: "refuse" | "warn";
}

const refuse = (...idle: string[]): LaterKey => ({ idle: ["", ...idle], effect: "refuse" });
const warn = (...idle: string[]): LaterKey => ({ idle: ["", ...idle], effect: "warn" });

/**
 * Keys of the Java connector (`JdbcSourceConnectorConfig`) that have no effect here yet.
 * A configuration that depends on one is refused rather than run as something else (I6).
 */
const LATER_KEYS: Readonly<Record<string, LaterKey>> = {
  "catalog.pattern": refuse(),
  "dialect.name": refuse("PostgreSqlDatabaseDialect"),
  "incrementing.column.mapping": refuse(),
  "jdbc.credentials.provider.class": refuse(
    "io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider",
  ),
  query: refuse(),
  "query.masked": refuse(),
  "query.suffix": refuse(),
  "schema.pattern": refuse(),
  "table.blacklist": refuse(),
  "table.exclude.list": refuse(),
  "table.include.list": refuse(),
  "table.types": refuse("TABLE"),
  "transaction.isolation.mode": refuse("DEFAULT", "READ_COMMITTED"),
  "max.buffer.size": warn("0"),
  "query.retry.attempts": warn("-1"),
  "table.monitoring.startup.polling.limit.ms": warn(),
  "table.poll.interval.ms": warn(),
  // Without a timestamp mode these have no effect in Java either.
  "timestamp.column.name": warn(),
  "timestamp.columns.mapping": warn(),
  "timestamp.delay.interval.ms": warn("0"),
  "timestamp.initial": warn(),
};

/** The keys of a configuration that are known but have no effect yet. */
export function laterKeys(props: Props): { refused: string[]; ignored: string[] } {
  const asked = Object.entries(LATER_KEYS).filter(
    ([key, { idle }]) => Object.hasOwn(props, key) && !idle.includes((props[key] ?? "").trim()),
  );
  const keysOf = (effect: LaterKey["effect"]) =>
    asked.filter(([, key]) => key.effect === effect).map(([name]) => name);
  return { refused: keysOf("refuse"), ignored: keysOf("warn") };
}

/** What a configuration is told that sets such a key. */
export function refusal(key: string): string {
  return `${key} is not supported yet; remove it from the configuration`;
}
