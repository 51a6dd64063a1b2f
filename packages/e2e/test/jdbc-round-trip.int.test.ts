import { type Props, type Schema, type SchemaAndValue, SinkRecord } from "@millrace/connect-api";
import { JsonConverter } from "@millrace/connect-converters";
import { JdbcSinkConnector } from "@millrace/connect-jdbc-sink";
import { JdbcSourceConnector } from "@millrace/connect-jdbc-source";
import { startSink, startSource } from "@millrace/connect-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type JdbcDatabase,
  mariadbDatabase,
  mysqlDatabase,
  postgresDatabase,
  sqliteDatabase,
} from "./support/jdbc-databases.ts";

/** A column's type, and values that it holds at its boundaries, in SQL. */
type Golden = Readonly<Record<string, readonly [type: string, ...values: string[]]>>;

const TEXTS = ["''", "'größe 訂單 🎈 \"quoted\" ''single'' back\\\\slash'", "'NULL'", "' blank '"];
const INTEGERS = {
  i2: ["smallint", "-32768", "32767"],
  i4: ["int", "-2147483648", "2147483647"],
  i8: ["bigint", "-9223372036854775808", "9223372036854775807", "9007199254740993"],
} as const;
const DECIMALS = {
  d38: [
    "decimal(38,10)",
    "1234567890123456789012345678.0123456789",
    "-9999999999999999999999999999.9999999999",
    "0.0000000001",
  ],
  d9: ["decimal(9,0)", "999999999", "-1"],
} as const;

const POSTGRES: Golden = {
  ...INTEGERS,
  ...DECIMALS,
  f4: ["real", "0.1", "'NaN'", "'-Infinity'", "3.4028235e38"],
  f8: ["double precision", "0.1", "'NaN'", "'Infinity'", "5e-324", "1.7976931348623157e308"],
  b: ["boolean", "true", "false"],
  t: ["text", ...TEXTS.map((text) => text.replace("\\\\", "\\"))],
  v: ["varchar(40)", "'ab'"],
  y: ["bytea", "'\\x'", "'\\x00ff5c27'"],
  da: ["date", "'1970-01-01'", "'0001-01-01'", "'9999-12-31'", "'1500-02-28'", "'1582-10-15'"],
  ti: ["time(3)", "'00:00:00'", "'23:59:59.999'"],
  ts: [
    "timestamp(3)",
    "'1969-12-31 23:59:59.999'",
    "'9999-12-31 23:59:59.999'",
    "'0001-01-01 00:00:00'",
    "'2024-03-31 02:30:00'",
  ],
  tz: [
    "timestamptz(3)",
    "'2024-03-31 02:30:00.123+02'",
    "'1900-01-01 00:00:00Z'",
    "'0001-01-01 00:00:00Z'",
  ],
  js: ["jsonb", `'{"a": [1, "x", null]}'`],
  u: ["uuid", "'0d9cc3a2-7d1f-4e6e-9ad2-0d4f5f5a0c11'"],
  n: ["numeric", "1.5", "-12345678901234567890.123", "0", "130"],
};

const MYSQL: Golden = {
  i1: ["tinyint", "-128", "127"],
  ...INTEGERS,
  u4: ["int unsigned", "0", "4294967295"],
  ...DECIMALS,
  f8: ["double", "0.1", "5e-324", "1.7976931348623157e308"],
  t: ["longtext", ...TEXTS],
  v: ["varchar(40)", "'ab'", "'ab  '"],
  y: ["longblob", "''", "x'00ff5c27'"],
  da: ["date", "'1970-01-01'", "'9999-12-31'", "'1500-02-28'"],
  ti: ["time(3)", "'00:00:00'", "'23:59:59.999'"],
  ts: [
    "datetime(3)",
    "'1969-12-31 23:59:59.999'",
    "'9999-12-31 23:59:59.999'",
    "'2024-03-31 02:30:00'",
  ],
  st: ["timestamp(3)", "'2024-03-31 02:30:00.123'", "'1970-01-01 00:00:01'"],
  js: ["json", `'{"a": [1, "x", null]}'`],
};

const SQLITE: Golden = {
  i8: ["bigint", "-9223372036854775808", "9223372036854775807", "9007199254740993"],
  f8: ["double", "0.1", "5e-324", "1.7976931348623157e308"],
  b: ["boolean", "1", "0"],
  t: ["text", ...TEXTS.map((text) => text.replace("\\\\", "\\"))],
  y: ["blob", "x''", "x'00ff5c27'"],
  d: ["decimal(15,5)", "1234567890.12345", "-0.00001"],
  da: ["date", "0", "-86400000", "253402214400000"],
  ti: ["time", "0", "86399999"],
  ts: ["timestamp", "1", "-1", "253402300799999", "1711848600000"],
};

/** A row for each value, and one of nulls. */
async function makeGolden(database: JdbcDatabase, table: string, golden: Golden): Promise<void> {
  const columns = Object.entries(golden);
  await database.sql(
    `CREATE TABLE ${table} (id int PRIMARY KEY, ${columns.map(([name, [type]]) => `${name} ${type} NULL`).join(", ")})`,
  );
  const rows = Math.max(...columns.map(([, [, ...values]]) => values.length)) + 1;
  for (let id = 0; id < rows; id++) {
    const values = columns.map(([, [, ...all]]) => all[id] ?? "NULL");
    await database.sql(`INSERT INTO ${table} VALUES (${[id, ...values].join(", ")})`);
  }
}

interface Place {
  readonly database: JdbcDatabase;
  readonly table: string;
}

const converter = new JsonConverter();
converter.configure({ "schemas.enable": "true" }, false);

interface CopyOptions {
  readonly source?: Props;
  readonly sink?: Props;
  /** Through Kafka's JSON with schemas, which has no NaN and no infinity. */
  readonly asJson: boolean;
}

/** What the source reads the sink writes. */
async function copy(from: Place, to: Place, props: CopyOptions): Promise<void> {
  const [[count] = []] = await from.database.sql(`SELECT count(*) FROM ${from.table}`);
  await using source = await startSource(JdbcSourceConnector, {
    ...from.database.props,
    mode: "bulk",
    "table.whitelist": from.table,
    "topic.prefix": "golden-",
    "poll.interval.ms": "600000",
    ...props.source,
  });
  const records = await source.take(Number(count));
  await using sink = await startSink(
    JdbcSinkConnector,
    {
      ...to.database.props,
      topics: "golden",
      "table.name.format": to.table,
      "auto.create": "true",
      "pk.mode": "record_value",
      "pk.fields": "id",
      "insert.mode": "upsert",
      ...props.sink,
    },
    { errantRecordReporter: false },
  );
  await sink.put(
    records.map(({ valueSchema, value }, kafkaOffset) => {
      const back = props.asJson ? throughJson(valueSchema, value) : { schema: valueSchema, value };
      const at = { topic: "golden", kafkaPartition: 0, kafkaOffset };
      return new SinkRecord({ ...at, valueSchema: back.schema, value: back.value });
    }),
  );
}

function throughJson(schema: Schema | null, value: unknown): SchemaAndValue {
  const bytes = converter.fromConnectData("golden", [], schema, value);
  return converter.toConnectData("golden", [], Buffer.from(bytes as string));
}

async function columnTexts({ database, table }: Place, golden: Golden): Promise<unknown> {
  const names = ["id", ...Object.keys(golden)];
  const rows = await database.sql(`SELECT ${names.join(", ")} FROM ${table} ORDER BY id`);
  // A number of no scale has got one on its way.
  const shown = (name: string, text: string | null) =>
    name === "n" && text?.includes(".") === true ? text.replace(/\.?0+$/, "") : text;
  return Object.fromEntries(
    names.map((name, i) => [name, rows.map((row) => shown(name, row[i] ?? null))]),
  );
}

const GOLDEN = { postgres: POSTGRES, mysql: MYSQL, mariadb: MYSQL, sqlite: SQLITE };

describe("a golden table", () => {
  const open = {
    postgres: postgresDatabase,
    mysql: mysqlDatabase,
    mariadb: mariadbDatabase,
    sqlite: sqliteDatabase,
  };
  type Name = keyof typeof open;
  const databases = new Map<Name, JdbcDatabase>();
  const place = (name: Name, table: string): Place => ({ database: databases.get(name)!, table });
  const golden = (name: Name) => GOLDEN[name];
  const NAMES = Object.keys(open) as Name[];

  beforeAll(async () => {
    for (const name of NAMES) {
      databases.set(name, await open[name]());
      await makeGolden(databases.get(name)!, "golden", golden(name));
    }
  });
  afterAll(async () => {
    for (const database of databases.values()) await database[Symbol.asyncDispose]();
  });

  test.each(NAMES)("of %s into a table of the same types", async (name) => {
    const { database } = place(name, "golden");
    const columns = Object.entries(golden(name)).map(
      ([column, [type]]) => `${column} ${type} NULL`,
    );
    await database.sql(`CREATE TABLE same (id int PRIMARY KEY, ${columns.join(", ")})`);
    await copy(place(name, "golden"), place(name, "same"), { asJson: false });
    expect(await columnTexts(place(name, "same"), golden(name))).toEqual(
      await columnTexts(place(name, "golden"), golden(name)),
    );
  });

  test.each(NAMES)("of %s with a zone in which clocks change", async (name) => {
    const { database } = place(name, "golden");
    const columns = Object.entries(golden(name)).map(
      ([column, [type]]) => `${column} ${type} NULL`,
    );
    await database.sql(`CREATE TABLE zoned (id int PRIMARY KEY, ${columns.join(", ")})`);
    const zone = { "db.timezone": "America/Sao_Paulo" };
    const source = place(name, "golden_json");
    await makeGolden(database, source.table, without(golden(name), LOST["json"]!));
    await copy(source, place(name, "zoned"), {
      asJson: true,
      source: zone,
      sink: { ...zone, "date.timezone": "utc" },
    });
    expect(await columnTexts(place(name, "zoned"), golden(name))).toEqual(
      await columnTexts(source, golden(name)),
    );
  });

  test.each(
    NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => [from, to] as const)),
  )("of %s into a table made on %s, and back", async (from, to) => {
    const there = place(to, `from_${from}`);
    const back = place(from, `back_from_${to}`);
    const columns = Object.entries(golden(from)).map(
      ([column, [type]]) => `${column} ${type} NULL`,
    );
    await place(from, "").database.sql(
      `CREATE TABLE ${back.table} (id int PRIMARY KEY, ${columns.join(", ")})`,
    );
    const kept = LOST[to] ?? {};
    const source = place(from, `for_${to}`);
    await makeGolden(source.database, source.table, without(golden(from), kept));
    await copy(source, there, { asJson: true });
    await copy(there, back, { asJson: true });
    expect(await columnTexts(back, golden(from))).toEqual(await columnTexts(source, golden(from)));
  });
});

/** What Kafka's JSON or a database cannot hold: named in the README. */
const LOST: Partial<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  json: { f4: ["'NaN'", "'-Infinity'"], f8: ["'NaN'", "'Infinity'"] },
  mysql: { f4: ["'NaN'", "'-Infinity'", "0.1", "3.4028235e38"], f8: ["'NaN'", "'Infinity'"] },
  // Numbers of more than 15 digits, NaN.
  sqlite: {
    d38: ["1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999"],
    n: ["-12345678901234567890.123"],
    f4: ["'NaN'", "'-Infinity'"],
    f8: ["'NaN'", "'Infinity'"],
  },
  mariadb: { f4: ["'NaN'", "'-Infinity'", "0.1", "3.4028235e38"], f8: ["'NaN'", "'Infinity'"] },
};

function without(golden: Golden, lost: Readonly<Record<string, readonly string[]>>): Golden {
  return Object.fromEntries(
    Object.entries(golden).map(([column, [type, ...values]]) => [
      column,
      [type, ...values.filter((value) => !lost[column]?.includes(value))],
    ]),
  );
}
