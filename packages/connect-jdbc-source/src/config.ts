import {
  type ConfigDef,
  ConfigError,
  type ConfigOf,
  type ParsedConfig,
  type Password,
} from "@millrace/connect-api";
import {
  CREDENTIALS_PROVIDER,
  ISOLATIONS,
  NUMERIC_MAPPINGS,
  type NumericMapping,
  type QuoteMethod,
  TIMESTAMP_GRANULARITIES,
  type TimestampGranularity,
  TimeZone,
} from "@millrace/jdbc-dialects";
import { checkIncrementingMapping, checkTimestampMapping } from "./tables/column-mapping.ts";
import { checkRegexes } from "./tables/regexes.ts";

const DATABASE = "Database";
const MODE = "Mode";
const CONNECTOR = "Connector";

export const MODES = ["bulk", "incrementing", "timestamp", "timestamp+incrementing"] as const;
export type Mode = (typeof MODES)[number];

/** Types of tables as JDBC drivers call them; which of them there are, the database decides. */
const TABLE_TYPES = [
  "TABLE",
  "VIEW",
  "PARTITIONED TABLE",
  "MATERIALIZED VIEW",
  "FOREIGN TABLE",
  "SYSTEM TABLE",
  "GLOBAL TEMPORARY",
  "LOCAL TEMPORARY",
  "ALIAS",
  "SYNONYM",
] as const;

/** The connector's keys (Java: `JdbcSourceConnectorConfig`), and ours beyond them. */
export const CONFIG = {
  "connection.url": {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "JDBC URL of the database, e.g. jdbc:postgresql://localhost:5432/shop?sslmode=require.",
    group: DATABASE,
    width: "LONG",
    displayName: "JDBC URL",
    dependents: ["table.whitelist", "table.include.list"],
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
  "jdbc.credentials.provider.class": {
    ...CREDENTIALS_PROVIDER,
    group: DATABASE,
    width: "LONG",
  },
  "dialect.name": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Name of the database's dialect, e.g. PostgreSqlDatabaseDialect. Empty, as it should be, goes by connection.url; another one than that is refused.",
    group: DATABASE,
    width: "LONG",
    displayName: "Database dialect",
  },
  "catalog.pattern": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Catalogs to look for tables in, as a LIKE pattern; for MySQL and SQL Server these are the databases. Without it, those that the connection looks in.",
    group: DATABASE,
    width: "MEDIUM",
    displayName: "Catalog pattern",
  },
  "schema.pattern": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "Schemas to look for tables in, as a LIKE pattern. Without it, all that the user may use.",
    group: DATABASE,
    width: "MEDIUM",
    displayName: "Schema pattern",
  },
  "table.types": {
    type: "LIST",
    default: ["TABLE"],
    oneOf: TABLE_TYPES,
    ignoreCase: true,
    importance: "LOW",
    doc: "Types of tables to read, e.g. TABLE,VIEW. PostgreSQL has partitioned tables as PARTITIONED TABLE.",
    group: DATABASE,
    width: "MEDIUM",
    displayName: "Table types",
    recommend: () => TABLE_TYPES,
  },
  "table.whitelist": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: 'Tables to read, each as name, schema.name or "schema"."name", exactly as the catalog writes them. Empty reads every table.',
    group: DATABASE,
    width: "LONG",
    displayName: "Table whitelist",
  },
  "table.blacklist": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Tables not to read, named as in table.whitelist; all others are read.",
    group: DATABASE,
    width: "LONG",
    displayName: "Table blacklist",
  },
  "table.include.list": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Tables to read, each a regular expression for the whole of schema.name. Not together with table.whitelist, table.blacklist, incrementing.column.name or timestamp.column.name.",
    group: DATABASE,
    width: "LONG",
    displayName: "Table include list",
    check: checkRegexes,
  },
  "table.exclude.list": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Tables not to read of those in table.include.list, as regular expressions likewise.",
    group: DATABASE,
    width: "LONG",
    displayName: "Table exclude list",
    check: checkRegexes,
  },
  "transaction.isolation.mode": {
    type: "STRING",
    default: "DEFAULT",
    oneOf: ISOLATIONS,
    ignoreCase: true,
    importance: "LOW",
    doc: "Isolation of the transactions that read; DEFAULT leaves it to the database.",
    group: DATABASE,
    width: "MEDIUM",
    displayName: "Transaction isolation",
    recommend: () => ISOLATIONS,
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
    oneOf: ["", ...MODES],
    importance: "HIGH",
    doc: "bulk reads each table whole at every poll; incrementing the rows whose incrementing column is greater than the last one read; timestamp those changed since, by a column that says when; timestamp+incrementing both together, which keeps rows of one time apart.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Mode",
    dependents: [
      "incrementing.column.name",
      "incrementing.column.mapping",
      "timestamp.column.name",
      "timestamp.columns.mapping",
      "validate.non.null",
    ],
    recommend: () => MODES,
  },
  "incrementing.column.name": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    doc: "The strictly incrementing column of every table: a whole number greater in each new row. Empty takes the first column that the database fills from a sequence; a query needs the name.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Incrementing column",
    visible: isIncrementing,
  },
  "incrementing.column.mapping": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "The incrementing column by table, each as regex:column, the regular expression for the whole of schema.name. Together with table.include.list.",
    group: MODE,
    width: "LONG",
    displayName: "Incrementing column mapping",
    visible: isIncrementing,
    check: checkIncrementingMapping,
  },
  "timestamp.column.name": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "The columns of every table that say when a row was changed; the first that is not null counts.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Timestamp columns",
    visible: isTimestamp,
  },
  "timestamp.columns.mapping": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "The timestamp columns by table, each as regex:[column|column], the regular expression for the whole of schema.name. Every table has to match one. Together with table.include.list.",
    group: MODE,
    width: "LONG",
    displayName: "Timestamp columns mapping",
    visible: isTimestamp,
    check: checkTimestampMapping,
  },
  "timestamp.initial": {
    type: "LONG",
    default: null,
    min: -1,
    importance: "LOW",
    doc: "Where to start reading by time when there is no offset yet: milliseconds since 1970, or -1 for the database's present time. Without it, everything since 1970.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Initial timestamp",
    visible: isTimestamp,
  },
  "incrementing.initial": {
    type: "LONG",
    default: -1,
    importance: "LOW",
    doc: "Where to start reading by number when there is no offset yet: greater numbers are read. (A key of Aiven's connector.)",
    group: MODE,
    width: "MEDIUM",
    displayName: "Initial number",
    visible: isIncrementing,
    beyondJava: true,
  },
  "timestamp.initial.ms": {
    type: "LONG",
    default: null,
    importance: "LOW",
    doc: "What timestamp.initial says, where that is not set. (A key of Aiven's connector.)",
    group: MODE,
    width: "MEDIUM",
    displayName: "Initial timestamp (ms)",
    visible: isTimestamp,
    beyondJava: true,
  },
  "validate.non.null": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Refuse an incrementing column that is nullable, and timestamp columns that all are: rows without a value would never be read.",
    group: MODE,
    width: "SHORT",
    displayName: "Validate non null",
    visible: (_, config) => config["mode"] !== "bulk",
  },
  query: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    doc: "A SELECT to read instead of tables. The condition of the mode is appended to it; one that has a WHERE, GROUP BY, UNION and the like already is read as a derived table.",
    group: MODE,
    width: "LONG",
    displayName: "Query",
    check: checkQuery,
  },
  "query.masked": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    doc: "As query, for one that is a secret: neither it nor what the database says of it is shown.",
    group: MODE,
    width: "LONG",
    displayName: "Query, masked",
    check: checkQuery,
  },
  "query.suffix": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "SQL that is put behind every statement that reads, e.g. FOR UPDATE.",
    group: MODE,
    width: "MEDIUM",
    displayName: "Query suffix",
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
  "sql.quote.identifiers": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "False is quote.sql.identifiers=never. (A key of Aiven's connector.)",
    group: MODE,
    width: "MEDIUM",
    displayName: "Quote identifiers (Aiven)",
    beyondJava: true,
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
  "query.retry.attempts": {
    type: "INT",
    default: -1,
    min: -1,
    importance: "LOW",
    doc: "How often in a row a reading that failed is tried again where the error may pass, before the task fails; -1 for ever.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Query retries",
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
  "max.buffer.size": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "LOW",
    doc: "Without effect: two batches are fetched ahead at most, whatever it says.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Max buffer size",
  },
  "page.rows": {
    type: "INT",
    default: 0,
    min: 0,
    importance: "LOW",
    doc: "Rows to ask for in one statement in the modes incrementing and timestamp+incrementing; the next statement follows at once. 0 reads all rows by one statement, whose transaction lasts as long.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Rows per statement",
    beyondJava: true,
  },
  "initial.load.tasks": {
    type: "INT",
    default: 1,
    min: 1,
    max: 64,
    importance: "LOW",
    doc: "Tasks that share the first reading of a table that was never read, each a range of its incrementing column, in the modes incrementing and timestamp+incrementing; tasks.max has to allow them. After it the table is read by one task.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Tasks of an initial load",
    beyondJava: true,
  },
  "table.poll.interval.ms": {
    type: "LONG",
    default: 60_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds between two looks for tables that have appeared or are gone.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Table poll interval (ms)",
  },
  "table.monitoring.startup.polling.limit.ms": {
    type: "LONG",
    default: 10_000,
    min: 0,
    importance: "LOW",
    doc: "Without effect: the tables are known when the connector has started.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Limit of the first look for tables (ms)",
    internal: true,
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
    doc: "What the topic's name begins with; the table's name, without its schema, follows. With a query, the whole name.",
    group: CONNECTOR,
    width: "MEDIUM",
    displayName: "Topic prefix",
    check: checkTopicPrefix,
  },
  "timestamp.delay.interval.ms": {
    type: "LONG",
    default: 0,
    min: 0,
    importance: "HIGH",
    doc: "Rows are read no sooner than so many milliseconds after their time, by the database's clock: for transactions that take a while to commit.",
    group: CONNECTOR,
    width: "MEDIUM",
    displayName: "Delay (ms)",
    visible: isTimestamp,
  },
  "watermark.safe": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Never read past the begin of the oldest open transaction, as the database tells it, so that no row is missed that is committed late. The timestamp columns have to be set by the database's clock in the writing transaction.",
    group: CONNECTOR,
    width: "SHORT",
    displayName: "Safe watermark",
    visible: isTimestamp,
    beyondJava: true,
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
  "load.parts": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Parts of initial loads that this task reads.",
    internal: true,
  },
  "load.starts": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Where tables begin whose initial load is done.",
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

/** @throws {ConfigError} when no mode is set */
export function modeOf(config: Pick<Config, "mode">): Mode {
  const mode = MODES.find((known) => known === config.mode);
  if (mode === undefined) {
    throw new ConfigError("mode", config.mode, `Set it to one of: ${MODES.join(", ")}`);
  }
  return mode;
}

export const usesIncrementing = (mode: Mode): boolean =>
  mode === "incrementing" || mode === "timestamp+incrementing";

export const usesTimestamp = (mode: Mode): boolean =>
  mode === "timestamp" || mode === "timestamp+incrementing";

/** The user's query, or null where tables are read. */
export function queryOf(
  config: Config,
): { readonly text: string; readonly masked: boolean } | null {
  const masked = config["query.masked"].value().trim();
  if (masked !== "") return { text: masked, masked: true };
  const text = config.query.trim();
  return text === "" ? null : { text, masked: false };
}

export function quotingOf(config: Config): QuoteMethod {
  const isNever = config["quote.sql.identifiers"].toLowerCase() === "never";
  return isNever || !config["sql.quote.identifiers"] ? "never" : "always";
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

function isIncrementing(_: string, config: ParsedConfig): boolean {
  return String(config["mode"]).includes("incrementing");
}

function isTimestamp(_: string, config: ParsedConfig): boolean {
  return String(config["mode"]).includes("timestamp");
}

/** (Java: `JdbcSourceConnectorValidation`, query validation.) */
function checkQuery(value: unknown): string | undefined {
  const query = (typeof value === "string" ? value : (value as Password).value()).trim();
  if (query === "" || /^SELECT\b/i.test(query)) return undefined;
  return "Only SELECT queries are supported";
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
