import {
  ConnectError,
  type ConfigDef,
  DATE_SCHEMA,
  decimalSchema,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  Schema,
  SchemaBuilder,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import {
  DIALECTS,
  type Dialect,
  kindOf,
  TimeZone,
  type TableDefinition,
  type WriteMode,
  writingOf,
} from "@millrace/jdbc-dialects";

/** What the README says that the code knows better, by the name of the mark before it. */
export const PARTS: Readonly<Record<string, (config: ConfigDef) => string>> = {
  keys: keyTable,
  types: typeTable,
  sql: statements,
};

function keyTable(config: ConfigDef): string {
  const rows = Object.entries(config).map(([name, key]) => {
    const preset = "default" in key ? JSON.stringify(key.default).replaceAll('"', "") : "required";
    const shown =
      preset === "" ? '""' : preset === "[]" ? '""' : preset.replace(/^\[(.*)\]$/, "$1");
    const choices = key.oneOf === undefined ? "" : ` One of ${key.oneOf.join(", ")}.`;
    return `| \`${name}\` | ${key.type} | ${shown} | ${key.importance} | ${key.doc.replaceAll("|", "\\|")}${choices} |`;
  });
  return ["| key | type | default | importance | |", "|---|---|---|---|---|", ...rows].join("\n");
}

const named = (type: Schema["type"], name: string) => new Schema({ type, name });

const TYPES: readonly (readonly [string, Schema, boolean?])[] = [
  ["INT8", new Schema({ type: "INT8" })],
  ["INT16", new Schema({ type: "INT16" })],
  ["INT32", INT32_SCHEMA],
  ["INT64", INT64_SCHEMA],
  ["FLOAT32", new Schema({ type: "FLOAT32" })],
  ["FLOAT64", new Schema({ type: "FLOAT64" })],
  ["BOOLEAN", new Schema({ type: "BOOLEAN" })],
  ["STRING", new Schema({ type: "STRING" })],
  ["STRING in a key", new Schema({ type: "STRING" }), true],
  ["BYTES", new Schema({ type: "BYTES" })],
  ["BYTES in a key", new Schema({ type: "BYTES" }), true],
  ["Decimal of scale 2", decimalSchema(2)],
  ["Date, `io.debezium.time.Date`", DATE_SCHEMA],
  ["Time", TIME_SCHEMA],
  ["`io.debezium.time.MicroTime`", named("INT64", "io.debezium.time.MicroTime")],
  ["Timestamp", TIMESTAMP_SCHEMA],
  [
    "`timestamp.fields.list`, `io.debezium.time.MicroTimestamp`",
    named("INT64", "io.debezium.time.MicroTimestamp"),
  ],
  ["the same in nanoseconds", named("INT64", "io.debezium.time.NanoTimestamp")],
  ["`io.debezium.time.ZonedTimestamp`", named("STRING", "io.debezium.time.ZonedTimestamp")],
  ["`io.debezium.data.Uuid`", named("STRING", "io.debezium.data.Uuid")],
  [
    "`io.debezium.data.VariableScaleDecimal`",
    named("STRUCT", "io.debezium.data.VariableScaleDecimal"),
  ],
  ["ARRAY of INT32", SchemaBuilder.array(INT32_SCHEMA).build()],
  ["STRUCT, MAP, other ARRAY, `io.debezium.data.Json`", named("STRING", "io.debezium.data.Json")],
];

function typeTable(): string {
  const titles = DIALECTS.map(({ title }) => title);
  const rows = TYPES.map(([title, schema, isKey = false]) => {
    const types = DIALECTS.map((dialect) => {
      try {
        return writingOf(dialect).columnType(kindOf(schema), isKey);
      } catch (error) {
        if (error instanceof ConnectError) return "—";
        throw error;
      }
    });
    return `| ${[title, ...types].join(" | ")} |`;
  });
  return [
    `| Connect | ${titles.join(" | ")} |`,
    `|---${"|---".repeat(titles.length)}|`,
    ...rows,
  ].join("\n");
}

const COLUMNS = [
  { name: "id", schema: INT64_SCHEMA, isKey: true },
  { name: "name", schema: OPTIONAL_STRING_SCHEMA, isKey: false },
  { name: "price", schema: decimalSchema(2, { optional: true }), isKey: false },
];

const MODES: readonly WriteMode[] = ["insert", "upsert", "update", "delete"];

/** What runs for a topic `orders` with key `id`, by default. */
function statements(): string {
  return DIALECTS.map((dialect) => {
    const lines = [created(dialect), ...MODES.map((mode) => written(dialect, mode))];
    return `${dialect.title}:\n\n\`\`\`sql\n${lines.map((line) => line.replace(/;?$/, ";")).join("\n")}\n\`\`\``;
  }).join("\n\n");
}

const TABLE = { catalog: null, schema: null, name: "orders" };

function created(dialect: Dialect): string {
  const columns = COLUMNS.map(({ name, schema, isKey }) => ({
    name,
    kind: kindOf(schema),
    isKey,
    optional: schema.optional,
    defaultValue: null,
  }));
  return writingOf(dialect).createTable(TABLE, columns, "always");
}

function written(dialect: Dialect, mode: WriteMode): string {
  const writing = writingOf(dialect);
  const kept = COLUMNS.filter(({ isKey }) => isKey || mode !== "delete");
  const table: TableDefinition = { table: TABLE, type: "TABLE", columns: [] };
  const columns = kept.map(({ name, schema, isKey }) => {
    const kind = kindOf(schema);
    // As the catalog tells them of the table above.
    const type =
      TYPES_IN_CATALOG[name]?.[dialect.name] ?? writing.columnType(kind, isKey).toLowerCase();
    return {
      column: { name, type, nullable: !isKey, zoned: false },
      schema,
      kind,
      isKey,
      read: () => null,
    };
  });
  const temporal = { timeZone: TimeZone.UTC, dateZone: TimeZone.UTC, calendar: "LEGACY" as const };
  return writing.prepare({ mode, table, columns }, { quoting: "always", temporal, holdLock: true })
    .sql;
}

const TYPES_IN_CATALOG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  price: { PostgreSqlDatabaseDialect: "numeric" },
};
