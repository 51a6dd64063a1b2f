import {
  type ConfigDef,
  ConfigError,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { CREDENTIALS_PROVIDER, DIALECTS, TimeZone } from "@millrace/jdbc-dialects";
import { parseTableName } from "./table-name.ts";

const CONNECTION = "Connection";
const WRITES = "Writes";
const MAPPING = "Data Mapping";
const DDL = "DDL Support";
const DML = "DML Support";
const RETRIES = "Retries";

/** Keys and defaults of Confluent's JDBC sink 10.10, those of Aiven's that are its own, and ours. */
export const CONFIG = {
  "connection.url": {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    group: CONNECTION,
    width: "LONG",
    displayName: "JDBC URL",
    doc: "JDBC URL of the database, such as jdbc:postgresql://localhost:5432/shop.",
  },
  "connection.user": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    group: CONNECTION,
    displayName: "JDBC user",
    doc: "User to connect as; needs SELECT, INSERT, UPDATE and DELETE on the tables, and CREATE and ALTER for auto.create and auto.evolve.",
  },
  "connection.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    group: CONNECTION,
    displayName: "JDBC password",
    doc: "Password of that user.",
  },
  "jdbc.credentials.provider.class": {
    ...CREDENTIALS_PROVIDER,
    group: CONNECTION,
  },
  "dialect.name": {
    type: "STRING",
    default: "",
    importance: "LOW",
    group: CONNECTION,
    displayName: "Database dialect",
    doc: "Dialect to use, such as PostgreSqlDatabaseDialect. Empty = the one of the URL.",
    recommend: () => DIALECTS.map(({ name }) => name),
  },
  "connection.attempts": {
    type: "INT",
    default: 3,
    min: 1,
    importance: "LOW",
    group: CONNECTION,
    displayName: "Connection attempts",
    doc: "How often to try to connect before it counts as failed.",
  },
  "connection.backoff.ms": {
    type: "LONG",
    default: 10_000,
    min: 0,
    importance: "LOW",
    group: CONNECTION,
    displayName: "Connection backoff (ms)",
    doc: "Milliseconds to wait between two attempts to connect.",
  },
  "insert.mode": {
    type: "STRING",
    default: "insert",
    oneOf: ["insert", "upsert", "update"],
    ignoreCase: true,
    importance: "HIGH",
    group: WRITES,
    displayName: "Insert mode",
    doc: "What a record with value does: insert a row; upsert, insert a row or change that of its key; update, change the row of its key and nothing where there is none.",
  },
  "batch.size": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "MEDIUM",
    group: WRITES,
    displayName: "Batch size",
    doc: "Rows that go in one statement, at most, where they go to one table. How many records come at once says consumer.override.max.poll.records.",
  },
  "delete.enabled": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: WRITES,
    displayName: "Enable deletes",
    doc: "Whether a record without value, or a Debezium delete, deletes the row of its key; needs pk.mode=record_key. Otherwise such records are refused.",
  },
  "table.types": {
    type: "LIST",
    default: ["TABLE"],
    oneOf: ["TABLE", "PARTITIONED TABLE", "VIEW"],
    ignoreCase: true,
    importance: "LOW",
    group: WRITES,
    displayName: "Table types",
    doc: "What may be written to: TABLE, PARTITIONED TABLE, VIEW.",
  },
  "table.name.format": {
    type: "STRING",
    default: "${topic}",
    nonEmpty: true,
    check: checkTableName,
    importance: "MEDIUM",
    group: MAPPING,
    width: "LONG",
    displayName: "Table name format",
    doc: "Name of the table, with ${topic}, ${partition}, ${schema} (name of the value's schema), ${key.f}, ${value.f}, ${header.h}, ${source.f} (of a Debezium event). Dots part catalog, schema and table, those within a topic's name too; \"${topic}\", with the quotes, keeps them.",
  },
  "pk.mode": {
    type: "STRING",
    default: "none",
    oneOf: ["none", "kafka", "record_key", "record_value"],
    ignoreCase: true,
    importance: "HIGH",
    group: MAPPING,
    displayName: "Primary key mode",
    doc: "Where the columns of the primary key come from: nowhere, topic, partition and offset (kafka), the record's key, or fields of its value.",
  },
  "pk.fields": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    width: "LONG",
    displayName: "Primary key fields",
    doc: "kafka: names of the three columns, by default __connect_topic, __connect_partition, __connect_offset. record_key: name of the column for a plain key; the fields of a struct that are taken, all by default. record_value: the fields, all by default.",
  },
  "fields.whitelist": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    width: "LONG",
    displayName: "Fields whitelist",
    doc: "Fields of the value that are written beside those of the primary key; empty = all.",
  },
  "value.format": {
    type: "STRING",
    default: "auto",
    oneOf: ["auto", "debezium", "plain"],
    ignoreCase: true,
    beyondJava: true,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "Value format",
    doc: "plain takes values as rows; debezium takes change events apart, writes what is after the change and deletes what was deleted; auto does so with values whose schema is named ….Envelope and has op and after.",
  },
  "replace.null.with.default": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "Replace null with default",
    doc: "Whether a field that is null is written as its schema's default, where it has one.",
  },
  "string.output.value.column.name": {
    type: "STRING",
    default: "record_value",
    nonEmpty: true,
    importance: "LOW",
    group: MAPPING,
    displayName: "String value column",
    doc: "Column for values that are plain text.",
  },
  "db.timezone": {
    type: "STRING",
    default: "UTC",
    check: checkTimeZone,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "DB time zone",
    doc: "Zone of what columns of times and timestamps show that have no zone themselves.",
  },
  "date.timezone": {
    type: "STRING",
    default: "db_timezone",
    oneOf: ["db_timezone", "utc"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "Date time zone",
    doc: "Zone in which a Connect Date, midnight UTC, is a day. db_timezone is what Kafka Connect users have, and west of Greenwich it is the day before: utc writes the day that the date says.",
  },
  "date.calendar.system": {
    type: "STRING",
    default: "LEGACY",
    oneOf: ["LEGACY", "PROLEPTIC_GREGORIAN"],
    importance: "LOW",
    group: MAPPING,
    displayName: "Calendar of old dates",
    doc: "How days before 1582-10-15 are counted: LEGACY as Java's older date classes do, PROLEPTIC_GREGORIAN as databases do.",
  },
  "timestamp.fields.list": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    width: "LONG",
    displayName: "Timestamp fields",
    doc: "INT64 and text fields of the value that are written as timestamps.",
  },
  "timestamp.precision.mode": {
    type: "STRING",
    default: "microseconds",
    oneOf: ["microseconds", "nanoseconds"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "Timestamp precision",
    doc: "What the numbers in the fields of timestamp.fields.list count.",
  },
  "auto.create": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: DDL,
    displayName: "Auto-create",
    doc: "Whether a table that is missing is made from the schema of the first record.",
  },
  "auto.evolve": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: DDL,
    displayName: "Auto-evolve",
    doc: "Whether columns that are missing are added; their fields must be optional or have a default.",
  },
  "quote.sql.identifiers": {
    type: "STRING",
    default: "always",
    oneOf: ["always", "never"],
    ignoreCase: true,
    importance: "MEDIUM",
    group: DML,
    displayName: "Quote identifiers",
    doc: "Whether names are quoted in SQL. never takes only names that mean themselves without quotes.",
  },
  "mssql.use.merge.holdlock": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    group: DML,
    displayName: "SQL Server: HOLDLOCK",
    doc: "Whether an upsert on SQL Server locks its keys' range, so that two tasks do not both insert a row.",
  },
  "offsets.table": {
    type: "STRING",
    default: "",
    beyondJava: true,
    importance: "MEDIUM",
    group: WRITES,
    displayName: "Offsets table",
    doc: "Table in which offsets are written by the transaction that writes the rows, so that each record is written exactly once; made where it is missing. Empty = at least once.",
  },
  "max.retries": {
    type: "INT",
    default: 10,
    min: 0,
    importance: "MEDIUM",
    group: RETRIES,
    displayName: "Maximum retries",
    doc: "How often a batch is tried again, without success in between, before its records are tried one by one or the task fails. Deadlocks, lock time-outs and lost connections do not count.",
  },
  "retry.backoff.ms": {
    type: "INT",
    default: 3000,
    min: 0,
    importance: "MEDIUM",
    group: RETRIES,
    displayName: "Retry backoff (ms)",
    doc: "Milliseconds to wait before a batch is tried again.",
  },
  "trim.sensitive.log": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    group: RETRIES,
    displayName: "Trim sensitive log",
    doc: "Whether what the database says about an error, which may hold values of records, is left out of logs, dead letters and statuses.",
  },
  "table.name.normalize": {
    type: "BOOLEAN",
    default: false,
    beyondJava: true,
    importance: "MEDIUM",
    group: MAPPING,
    displayName: "Normalize table names",
    doc: "Whether what is neither letter, digit nor _ becomes _ in the names of tables (Aiven).",
  },
  "topics.to.tables.mapping": {
    type: "LIST",
    default: [],
    beyondJava: true,
    importance: "MEDIUM",
    group: MAPPING,
    width: "LONG",
    displayName: "Topics to tables",
    doc: "Tables of single topics, as topic:table, before table.name.format (Aiven).",
  },
  "sql.quote.identifiers": {
    type: "BOOLEAN",
    default: null,
    beyondJava: true,
    importance: "LOW",
    group: DML,
    displayName: "Quote identifiers (Aiven)",
    doc: "Aiven's name for quote.sql.identifiers: true is always, false is never; that key is not looked at then.",
  },
} as const satisfies ConfigDef;

export type InsertMode = "insert" | "upsert" | "update";
export type PkMode = "none" | "kafka" | "record_key" | "record_value";
export type ValueFormat = "auto" | "debezium" | "plain";

/** The parsed table, its enumerations in lower case. */
export type Config = Omit<ConfigOf<typeof CONFIG>, "insert.mode" | "pk.mode" | "value.format"> & {
  readonly "insert.mode": InsertMode;
  readonly "pk.mode": PkMode;
  readonly "value.format": ValueFormat;
};

/** Something wrong with a configuration, and the key under which it is shown. */
export interface ConfigProblem {
  readonly key: string;
  readonly message: string;
}

/**
 * Parses each key by itself.
 * @throws {ConfigError} for the first one that is missing or wrong
 */
export function parseSinkConfig(props: Props): Config {
  const config = parseConfig(CONFIG, props);
  return {
    ...config,
    "insert.mode": config["insert.mode"].toLowerCase() as InsertMode,
    "pk.mode": config["pk.mode"].toLowerCase() as PkMode,
    "value.format": config["value.format"].toLowerCase() as ValueFormat,
  };
}

/** What is wrong with keys that are right one by one. */
export function configProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const problem = (key: string, message: string) => problems.push({ key, message });
  const pkMode = config["pk.mode"];
  const pkFields = config["pk.fields"];
  if (config["delete.enabled"] && pkMode !== "record_key") {
    problem("delete.enabled", "Deletes are only supported for pk.mode=record_key");
  }
  if (config["insert.mode"] !== "insert" && pkMode === "none") {
    problem(
      "pk.mode",
      `insert.mode=${config["insert.mode"]} needs the columns of a primary key: set pk.mode to kafka, record_key or record_value`,
    );
  }
  if (pkMode === "kafka" && pkFields.length !== 0 && pkFields.length !== 3) {
    problem(
      "pk.fields",
      "With pk.mode=kafka, name three columns (topic, partition, offset) or none",
    );
  }
  for (const entry of config["topics.to.tables.mapping"]) {
    if (/^[^:]+:[^:]+$/.test(entry)) continue;
    problem("topics.to.tables.mapping", `Each entry has the form topic:table, unlike ${entry}`);
  }
  return problems;
}

/** Keys that `topic.override.<topic>.<key>` can set for one topic. */
export const PER_TOPIC = [
  "insert.mode",
  "batch.size",
  "delete.enabled",
  "table.name.format",
  "pk.mode",
  "pk.fields",
  "fields.whitelist",
  "value.format",
  "replace.null.with.default",
  "string.output.value.column.name",
  "timestamp.fields.list",
  "timestamp.precision.mode",
  "auto.create",
  "auto.evolve",
] as const satisfies readonly (keyof typeof CONFIG)[];

const OVERRIDE = "topic.override.";

/**
 * The properties that hold for a topic, by topic.
 * @throws {ConfigError} for an override of a key that cannot be set by topic
 */
export function topicOverrides(props: Props): Map<string, Props> {
  const overrides = new Map<string, Record<string, string>>();
  for (const [name, value] of Object.entries(props)) {
    if (!name.startsWith(OVERRIDE)) continue;
    const rest = name.slice(OVERRIDE.length);
    // The topic may have dots, too: the longest key that fits ends the name.
    const key = PER_TOPIC.find((known) => rest.endsWith(`.${known}`));
    if (key === undefined) {
      throw new ConfigError(name, value, `By topic can be set: ${PER_TOPIC.join(", ")}`);
    }
    const topic = rest.slice(0, -key.length - 1);
    overrides.set(topic, { ...overrides.get(topic), [key]: value });
  }
  return overrides;
}

function checkTableName(value: unknown): string | undefined {
  try {
    parseTableName(String(value));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
