import { ConfigError, type Logger, type Props } from "@millrace/connect-api";
import { CONFIG, type Config } from "./config.ts";
import { isColumnChange } from "./event/column-changes.ts";

/** Keys of Debezium's that ask for something that is not there: without effect they would mislead. */
const REFUSED: Readonly<Record<string, string>> = {
  "snapshot.mode.custom.name":
    "Snapshotters written in Java cannot be used; choose another snapshot.mode",
  "snapshot.query.mode.custom.name": "Classes of Java cannot be used",
  "snapshot.locking.mode.custom.name": "Classes of Java cannot be used",
  "database.sslfactory":
    "Socket factories of Java cannot be used; set database.sslmode and its like",
  converters: "Converters written in Java cannot be used; use a transform instead",
  "post.processors": "Post processors are not supported; use a transform instead",
  "topic.naming.strategy":
    "Topics are named as SchemaTopicNamingStrategy names them; use a RegexRouter for other names",
  "sourceinfo.struct.maker": "Classes of Java cannot be used",
};

/** Those that are as they should be where they name what is done anyway. */
const USUAL: Readonly<Record<string, string>> = {
  "topic.naming.strategy": "io.debezium.schema.SchemaTopicNamingStrategy",
  "sourceinfo.struct.maker": "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker",
};

/** Keys that only tune Java's connector. */
const IDLE: ReadonlySet<string> = new Set([
  "max.queue.size",
  "max.queue.size.in.bytes",
  "poll.interval.ms",
  "snapshot.fetch.size",
  "query.fetch.size",
  "event.converting.failure.handling.mode",
  "lsn.flush.timeout.ms",
  "lsn.flush.timeout.action",
  "flush.lsn.source",
  "slot.seek.to.known.offset.on.start",
  "topic.cache.size",
  "executor.shutdown.timeout.ms",
  "connection.validation.timeout.ms",
  "database.tcpKeepAlive",
  "custom.metric.tags",
  "custom.sanitize.pattern",
  "schema.history.internal.kafka.topic",
  "streaming.delay.ms",
]);

/** The worker's own keys. */
const WORKERS =
  /^(name|connector\.class|task\.(id|class)|tasks\.max.*|transforms.*|predicates.*|errors\..*|topic\.creation\..*|config\.action\..*|exactly\.once\.support|transaction\.boundary.*|offsets\.storage\.topic|header\.converter.*|(key|value)\.converter.*|(producer|consumer|admin)\.override\..*|task\.[a-z.]+)$/;

/** Keys that are refused, with what to do instead. */
export function refusedKeys(props: Props): { key: string; why: string }[] {
  return Object.entries(REFUSED)
    .filter(([key]) => props[key] !== undefined && props[key] !== USUAL[key])
    .map(([key, why]) => ({ key, why }));
}

/**
 * Tells of keys without effect.
 * @throws {ConfigError} for one that must not be without effect
 */
export function tellIgnored(props: Props, config: Config, logger: Logger): void {
  const [refused] = refusedKeys(props);
  if (refused !== undefined) throw new ConfigError(refused.key, props[refused.key], refused.why);
  if (config["plugin.name"] !== "pgoutput") {
    logger.warn(
      "plugin.name is decoderbufs: pgoutput, which is built into PostgreSQL, is used instead",
    );
  }
  const unknown = Object.keys(props).filter((key) => !isKnown(key));
  if (unknown.length > 0)
    logger.warn(`These keys have no effect: ${unknown.toSorted().join(", ")}`);
}

function isKnown(key: string): boolean {
  return (
    Object.hasOwn(CONFIG, key) ||
    IDLE.has(key) ||
    Object.hasOwn(USUAL, key) ||
    WORKERS.test(key) ||
    isColumnChange(key) ||
    key.startsWith("snapshot.select.statement.overrides.")
  );
}
