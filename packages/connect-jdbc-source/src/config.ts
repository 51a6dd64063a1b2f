import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { TimeZone } from "./time-zone.ts";

const DATABASE = "Database";
const MODE = "Mode";
const CONNECTOR = "Connector";

export const MODES = ["bulk", "incrementing"] as const;
export type Mode = (typeof MODES)[number];

export const NUMERIC_MAPPINGS = [
  "none",
  "precision_only",
  "best_fit",
  "best_fit_eager_double",
] as const;
export type NumericMapping = (typeof NUMERIC_MAPPINGS)[number];

export const TIMESTAMP_GRANULARITIES = [
  "connect_logical",
  "micros_long",
  "micros_string",
  "micros_iso_datetime_string",
  "nanos_long",
  "nanos_string",
  "nanos_iso_datetime_string",
] as const;
export type TimestampGranularity = (typeof TIMESTAMP_GRANULARITIES)[number];

/** The connector's keys (Java: `JdbcSourceConnectorConfig`), as far as they have an effect here. */
export const CONFIG = {
  "connection.url": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "JDBC URL of the database, e.g. jdbc:postgresql://localhost:5432/shop?sslmode=require.",
    group: DATABASE,
    width: "LONG",
    displayName: "JDBC URL",
    dependents: ["table.whitelist"],
  },
  "connection.user": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "User to connect as; it needs SELECT on the tables.",
    group: DATABASE,
    width: "LONG",
    displayName: "JDBC user",
  },
  "connection.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Password of that user.",
    group: DATABASE,
    width: "SHORT",
    displayName: "JDBC password",
  },
  "connection.attempts": {
    type: "INT",
    default: 3,
    min: 1,
    importance: "LOW",
    doc: "How often to try to connect before the attempt counts as failed.",
    group: DATABASE,
    width: "SHORT",
    displayName: "Connection attempts",
  },
  "connection.backoff.ms": {
    type: "LONG",
    default: 10_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds to wait between two attempts to connect.",
    group: DATABASE,
    width: "SHORT",
    displayName: "Connection backoff (ms)",
  },
  "table.whitelist": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: 'Tables to read, each as name, schema.name or "schema"."name", exactly as the catalog writes them. Empty reads every table.',
    group: DATABASE,
    width: "LONG",
    displayName: "Tables",
  },
  "numeric.precision.mapping": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Deprecated: true is numeric.mapping=precision_only, where that key is not set.",
    group: DATABASE,
    width: "SHORT",
    displayName: "Map numeric by precision (deprecated)",
  },
  "numeric.mapping": {
    type: "STRING",
    default: null,
    oneOf: NUMERIC_MAPPINGS,
    ignoreCase: true,
    importance: "LOW",
    doc: "What becomes of NUMERIC(precision, scale): none keeps Decimal; precision_only turns scale 0 and up to 18 digits into an integer; best_fit also turns up to 18 digits with a fraction into FLOAT64; best_fit_eager_double any number of digits with a fraction.",
    group: DATABASE,
    width: "SHORT",
    displayName: "Map numeric",
    recommend: () => NUMERIC_MAPPINGS,
  },
  "date.calendar.system": {
    type: "STRING",
    default: "LEGACY",
    oneOf: ["LEGACY", "PROLEPTIC_GREGORIAN"],
    importance: "LOW",
    doc: "How dates and timestamps before 1582-10-15 are counted: LEGACY takes what the table shows for a date of the Julian calendar, as Java's older date classes do; PROLEPTIC_GREGORIAN counts as the database and java.time do.",
    group: DATABASE,
    width: "MEDIUM",
    displayName: "Calendar of old dates",
  },
  mode: {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "bulk reads each table whole at every poll; incrementing reads the rows whose incrementing column is greater than the last one read.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Mode",
    dependents: ["incrementing.column.name", "validate.non.null"],
    check: checkMode,
    recommend: () => MODES,
  },
  "incrementing.column.name": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    doc: "The strictly incrementing column of every table, for mode incrementing: a whole number greater in each new row. Empty takes the first column that the database fills from a sequence.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Incrementing column",
    visible: (_, config) => config["mode"] === "incrementing",
  },
  "validate.non.null": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Refuse an incrementing column that is nullable: its rows without a value would never be read.",
    group: MODE,
    width: "SHORT",
    displayName: "Validate non null",
    visible: (_, config) => config["mode"] === "incrementing",
  },
  "quote.sql.identifiers": {
    type: "STRING",
    default: "ALWAYS",
    oneOf: ["always", "never"],
    ignoreCase: true,
    importance: "MEDIUM",
    doc: "Whether table and column names are quoted in SQL: always, or never, which only plain lower-case names allow.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Quote identifiers",
    recommend: () => ["ALWAYS", "NEVER"],
  },
  "poll.interval.ms": {
    type: "INT",
    default: 5000,
    min: 0,
    importance: "HIGH",
    doc: "Milliseconds from the end of reading a table to its next reading.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Poll interval (ms)",
  },
  "batch.max.rows": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    doc: "Rows fetched at a time, and at most handed over at once. One such batch is fetched ahead.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Max rows per batch",
  },
  "poll.linger.ms": {
    type: "LONG",
    default: 5000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds to wait for rows before a poll returns without any.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Poll linger (ms)",
  },
  "topic.prefix": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "What the topic's name begins with; the table's name, without its schema, follows.",
    group: CONNECTOR,
    width: "MEDIUM",
    displayName: "Topic prefix",
    check: checkTopicPrefix,
  },
  "db.timezone": {
    type: "STRING",
    default: "UTC",
    importance: "MEDIUM",
    doc: "Time zone of what columns of type timestamp and time show, e.g. Europe/Paris. Columns with a time zone, and dates, do not depend on it.",
    group: CONNECTOR,
    width: "MEDIUM",
    displayName: "Time zone of the database",
    check: checkTimeZone,
  },
  "timestamp.granularity": {
    type: "STRING",
    default: "connect_logical",
    oneOf: TIMESTAMP_GRANULARITIES,
    ignoreCase: true,
    importance: "LOW",
    doc: "What timestamps become: connect_logical is Connect's Timestamp, of milliseconds; the others keep all digits, as a count since the epoch or as a date and time in db.timezone.",
    group: CONNECTOR,
    width: "MEDIUM",
    displayName: "Granularity of timestamps",
    recommend: () => TIMESTAMP_GRANULARITIES,
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;

/**
 * The tables of one task, as the connector shares them out (Java: `JdbcSourceTaskConfig`).
 * `tables.fetched` is false in what a Java worker has written before it knew the tables.
 */
export const TASK_CONFIG = {
  ...CONFIG,
  tables: {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: 'Tables of this task, each as "schema"."name".',
    internal: true,
  },
  "tables.fetched": {
    type: "BOOLEAN",
    default: true,
    importance: "HIGH",
    doc: "Whether the connector knew the tables.",
    internal: true,
  },
} as const satisfies ConfigDef;

export type TaskConfig = ConfigOf<typeof TASK_CONFIG>;

/** @throws {ConfigError} for the first key that is wrong */
export function parseSourceConfig(props: Props): Config {
  const config = parseConfig(CONFIG, props);
  modeOf(config);
  return config;
}

/** @throws {ConfigError} when no mode is set */
export function modeOf(config: Pick<Config, "mode">): Mode {
  const mode = MODES.find((known) => known === config.mode);
  if (mode === undefined) {
    throw new ConfigError("mode", config.mode, `Set it to one of: ${MODES.join(", ")}`);
  }
  return mode;
}

export function numericMappingOf(config: Config): NumericMapping {
  const named = config["numeric.mapping"]?.toLowerCase();
  const fallback = config["numeric.precision.mapping"] ? "precision_only" : "none";
  return NUMERIC_MAPPINGS.find((known) => known === named) ?? fallback;
}

export function granularityOf(config: Config): TimestampGranularity {
  const named = config["timestamp.granularity"].toLowerCase();
  return TIMESTAMP_GRANULARITIES.find((known) => known === named) ?? "connect_logical";
}

function checkMode(value: unknown): string | undefined {
  const mode = String(value);
  if (mode === "" || MODES.some((known) => known === mode)) return undefined;
  if (mode === "timestamp" || mode === "timestamp+incrementing") {
    return `This mode is not supported yet; set mode to one of: ${MODES.join(", ")}`;
  }
  return `String must be one of: ${MODES.join(", ")}`;
}

/** What Kafka allows in a topic's name (Java: `Topic.validate`). */
function checkTopicPrefix(value: unknown): string | undefined {
  const prefix = String(value);
  if (prefix.length > 249)
    return "Topic prefix length must not exceed the max topic name length, 249 chars";
  if (!/^[a-zA-Z0-9._-]*$/.test(prefix)) {
    return "Topic prefix may contain only ASCII letters, digits, '.', '_' and '-'";
  }
  return undefined;
}

function checkTimeZone(value: unknown): string | undefined {
  try {
    TimeZone.of(String(value));
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "Unknown time zone; use a name such as Europe/Paris or an offset such as +02:00";
  }
}
