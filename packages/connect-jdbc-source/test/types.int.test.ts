import { Decimal, type Props, type Schema, type SourceRecord } from "@millrace/connect-api";
import { RecordingLogger, startSource } from "@millrace/connect-testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { type TestDatabase, testDatabase, values } from "./support.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.sql("CREATE TYPE mood AS ENUM ('sad', 'grün'); CREATE DOMAIN age AS int NOT NULL");
});

afterAll(() => database[Symbol.asyncDispose]());

const utc = (text: string) => new Date(`${text}Z`);
const decimal = (text: string) => Decimal.parse(text);

/** `Decimal(10,2)`, `INT32`, `Timestamp`; with a question mark where it is optional. */
function shown(schema: Schema | undefined): string {
  if (schema === undefined) return "none";
  const name = schema.name?.split(".").at(-1) ?? schema.type;
  const digits = schema.parameters
    ? `(${schema.parameters.get("connect.decimal.precision")},${schema.parameters.get("scale")})`
    : "";
  return `${name}${digits}${schema.optional ? "?" : ""}`;
}

/** Reads a table with one column of the type, which holds these literals in this order. */
async function read(type: string, literals: readonly string[], more: Props = {}) {
  const rows = literals.map((literal, i) => `(${i}, ${literal})`).join(", ");
  await database.sql(`
    DROP TABLE IF EXISTS t;
    CREATE TABLE t (id int NOT NULL, v ${type});
    INSERT INTO t VALUES ${rows}`);
  const props = {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "t",
    ...more,
  };
  await using run = await startSource(JdbcSourceConnector, props);
  const records = await run.take(literals.length);
  return {
    schema: shown(records[0]?.valueSchema?.field("v")?.schema),
    values: records.map((record) => valueOf(record)),
  };
}

function valueOf({ value, valueSchema }: SourceRecord): unknown {
  const index = valueSchema?.field("v")?.index ?? -1;
  const struct = value as { values: unknown[]; validate: () => void };
  // What comes is what the schema promises, in JavaScript's types too.
  struct.validate();
  return struct.values[index];
}

// oxfmt-ignore
test.each<[string, string, [literal: string, value: unknown][]]>([
  ["boolean", "BOOLEAN?", [["true", true], ["false", false], ["NULL", null]]],
  ["smallint", "INT16?", [["-32768", -32_768], ["32767", 32_767], ["NULL", null]]],
  ["integer", "INT32?", [["-2147483648", -(2 ** 31)], ["2147483647", 2 ** 31 - 1], ["NULL", null]]],
  ["bigint", "INT64?", [
    ["-9223372036854775808", -(2n ** 63n)], ["9223372036854775807", 2n ** 63n - 1n],
    ["-9007199254740993", -(2n ** 53n) - 1n], ["-9007199254740992", -(2n ** 53n)], ["-9007199254740991", -(2 ** 53) + 1],
    ["9007199254740991", 2 ** 53 - 1], ["9007199254740992", 2n ** 53n], ["0", 0], ["-1", -1], ["4294967296", 2 ** 32], ["NULL", null],
  ]],
  ["oid", "INT64?", [["4294967295", 4_294_967_295], ["0", 0]]],
  ["real", "FLOAT32?", [["1.5", 1.5], ["3.4028235e38", Math.fround(3.402_823_5e38)], ["'NaN'", Number.NaN], ["'-Infinity'", -Infinity], ["NULL", null]]],
  ["double precision", "FLOAT64?", [["0.1", 0.1], ["5e-324", 5e-324], ["1.7976931348623157e308", Number.MAX_VALUE], ["'-0'", -0], ["'Infinity'", Infinity], ["'NaN'", Number.NaN], ["NULL", null]]],
  ["money", "FLOAT64?", [["'-92233720368547758.08'", Number("-92233720368547758.08")], ["'12.34'", 12.34], ["NULL", null]]],
  ["numeric(38,0)", "Decimal(38,0)?", [["99999999999999999999999999999999999999", decimal("99999999999999999999999999999999999999")], ["-1", decimal("-1")], ["0", decimal("0")], ["NULL", null]]],
  ["numeric(38,10)", "Decimal(38,10)?", [["-9999999999999999999999999999.9999999999", decimal("-9999999999999999999999999999.9999999999")], ["0.0000000001", decimal("0.0000000001")], ["12345.6", decimal("12345.6000000000")]]],
  ["numeric(38,38)", "Decimal(38,38)?", [["0.00000000000000000000000000000000000001", new Decimal(1n, 38)], ["-0.1", new Decimal(-(10n ** 37n), 38)]]],
  ["numeric(10,2)", "Decimal(10,2)?", [["10000", decimal("10000.00")], ["-0.01", decimal("-0.01")], ["9999.9999", decimal("10000.00")], ["100000", decimal("100000.00")]]],
  ["numeric", "Decimal(0,127)?", [["1.5", new Decimal(15n * 10n ** 126n, 127)], ["1e100", new Decimal(10n ** 227n, 127)], ["1e-127", new Decimal(1n, 127)], ["-0", new Decimal(0n, 127)]]],
  ["numeric(3,-2)", "Decimal(3,-2)?", [["12345", new Decimal(123n, -2)], ["NULL", null]]],
  ["text", "STRING?", [["''", ""], ["'Grüße, 東京 🚀'", "Grüße, 東京 🚀"], ["E'a\\tb\\nc\\\\'", "a\tb\nc\\"], ["repeat('€', 100000)", "€".repeat(100_000)], ["NULL", null]]],
  ["varchar(5)", "STRING?", [["'abc'", "abc"]]],
  ["char(5)", "STRING?", [["'abc'", "abc  "]]],
  ["name", "STRING?", [["'abc'", "abc"]]],
  ['"char"', "STRING?", [["'x'", "x"], ["''", ""]]],
  ["json", "STRING?", [[`'{"b": 1,  "a":[1.0]}'`, '{"b": 1,  "a":[1.0]}'], ["NULL", null]]],
  ["jsonb", "STRING?", [[`'{"b": 1,  "a":[1.0]}'`, '{"a": [1.0], "b": 1}'], ["'null'", "null"], ["NULL", null]]],
  ["xml", "STRING?", [["'<a>ü</a>'", "<a>ü</a>"]]],
  ["uuid", "STRING?", [["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], ["NULL", null]]],
  ["mood", "STRING?", [["'grün'", "grün"], ["NULL", null]]],
  ["age", "INT32", [["7", 7]]],
  ["bytea", "BYTES?", [["'\\x00ff27'", Buffer.from("00ff27", "hex")], ["''", Buffer.alloc(0)], ["NULL", null]]],
  ["bit", "BOOLEAN?", [["B'1'", true], ["B'0'", false]]],
  ["bit(3)", "INT8?", [["B'101'", 5]]],
  ["bit(12)", "BYTES?", [["B'110000000001'", Buffer.from("110000000001")]]],
  ["date", "Date?", [
    ["'2024-02-29'", utc("2024-02-29T00:00")], ["'1970-01-01'", new Date(0)], ["'1969-12-31'", utc("1969-12-31T00:00")],
    ["'1582-10-15'", utc("1582-10-15T00:00")], ["'1500-03-01'", utc("1500-03-11T00:00")], ["'0044-03-15 BC'", utc("-000043-03-13T00:00")],
    ["'9999-12-31'", utc("9999-12-31T00:00")], ["'infinity'", new Date(8.64e15)], ["'-infinity'", new Date(-8.64e15)], ["NULL", null],
  ]],
  ["time", "Time?", [["'00:00'", new Date(0)], ["'23:59:59.999999'", new Date(86_399_999)], ["'24:00'", new Date(0)], ["NULL", null]]],
  ["timetz", "Time?", [["'01:00+02'", new Date(82_800_000)], ["'23:00-02'", new Date(3_600_000)]]],
  ["timestamp", "Timestamp?", [
    ["'2024-02-29 12:34:56.789999'", utc("2024-02-29T12:34:56.789")], ["'1969-12-31 23:59:59.999999'", new Date(-1)],
    ["'0001-01-01 00:00:00'", utc("0000-12-30T00:00")],
    ["'infinity'", new Date(8.64e15)], ["'-infinity'", new Date(-8.64e15)], ["NULL", null],
  ]],
  ["timestamptz", "Timestamp?", [["'2024-06-30 23:30:00.5-05:30'", utc("2024-07-01T05:00:00.5")], ["NULL", null]]],
])("%s is %s", async (type, schema, cases) => {
  const found = await read(type, cases.map(([literal]) => literal));
  expect(found).toEqual({ schema, values: cases.map(([, value]) => value) });
});

test("a NOT NULL column is required", async () => {
  expect((await read("text NOT NULL", ["'a'"])).schema).toBe("STRING");
});

test("microseconds come whole by timestamp.granularity, in db.timezone", async () => {
  const props = { "db.timezone": "Europe/Paris" };
  const literals = ["'2024-07-01 12:00:00.123456'", "'1950-01-01 00:00:00.000001'"];
  const micros = { ...props, "timestamp.granularity": "micros_long" };
  expect(await read("timestamp", literals, micros)).toEqual({
    schema: "INT64?",
    values: [1_719_828_000_123_456, -631_155_599_999_999],
  });
  const nanos = { ...props, "timestamp.granularity": "nanos_string" };
  expect(await read("timestamp", literals, nanos)).toEqual({
    schema: "STRING?",
    values: ["1719828000123456000", "-631155599999999000"],
  });
  const iso = { ...props, "timestamp.granularity": "micros_iso_datetime_string" };
  expect((await read("timestamptz", ["'2024-07-01 12:00:00.123456+00'"], iso)).values).toEqual([
    "2024-07-01T14:00:00.123456",
  ]);
  expect((await read("time", ["'12:00'"], props)).values).toEqual([new Date(11 * 3_600_000)]);
  expect((await read("date", ["'2024-07-01'"], props)).values).toEqual([utc("2024-07-01T00:00")]);
});

test("dates before 1582 stay as they are with the proleptic calendar", async () => {
  const props = { "date.calendar.system": "PROLEPTIC_GREGORIAN" };
  expect((await read("date", ["'1500-03-01'"], props)).values).toEqual([utc("1500-03-01T00:00")]);
});

test("numeric.mapping makes integers and doubles", async () => {
  const props = { "numeric.mapping": "best_fit" };
  expect(await read("numeric(18,0)", ["999999999999999999"], props)).toEqual({
    schema: "INT64?",
    values: [999_999_999_999_999_999n],
  });
  expect(await read("numeric(4,0)", ["-9999"], props)).toEqual({
    schema: "INT16?",
    values: [-9999],
  });
  expect(await read("numeric(10,2)", ["0.1", "'NaN'"], props)).toEqual({
    schema: "FLOAT64?",
    values: [0.1, Number.NaN],
  });
});

test.each([
  ["numeric(10,2)", "'NaN'", /column "v" of a row of table public\.t: NaN.*numeric\.mapping/],
  ["numeric", "1e-128", /column "v".*more digits/],
  ["timestamp", "'294276-01-01'", /column "v".*timestamp\.granularity/],
])(
  "a %s of %s fails the task by name, after the rows before it",
  async (type, literal, message) => {
    await database.sql(`DROP TABLE IF EXISTS t; CREATE TABLE t (id int NOT NULL, v ${type})`);
    await database.sql(`INSERT INTO t VALUES (1, NULL), (2, ${literal}), (3, NULL)`);
    const props = {
      ...database.props,
      mode: "incrementing",
      "incrementing.column.name": "id",
      "table.whitelist": "t",
    };
    await using run = await startSource(JdbcSourceConnector, props);
    const task = run.tasks[0];
    const poll = () => task?.poll(AbortSignal.timeout(5000));
    const first = await poll();
    expect(first?.map(({ sourceOffset }) => sourceOffset)).toEqual([{ incrementing: 1 }]);
    await expect(poll()).rejects.toThrow(message);
  },
);

test("columns without a Connect type are left out, with one warning each", async () => {
  await database.sql(`
    DROP TABLE IF EXISTS t;
    CREATE TABLE t (id serial, a int[], b inet, c interval, d int4range, e point, f tsvector,
      g varbit, h mood[], kept text)`);
  await database.sql("INSERT INTO t (a, b, kept) VALUES ('{1,2}', '::1', 'x'), (NULL, NULL, 'y')");
  const props = { ...database.props, mode: "bulk", "table.whitelist": "t" };
  const logger = new RecordingLogger();
  await using run = await startSource(JdbcSourceConnector, props, { logger });
  const records = await run.take(4);
  expect(records[0]?.valueSchema?.fields.map(({ name }) => name)).toEqual(["id", "kept"]);
  expect(values(records[1])).toEqual({ id: 2, kept: "y" });
  const warnings = logger.messages("warn").filter((message) => message.includes("left out"));
  expect(warnings).toHaveLength(8);
  expect(warnings[0]).toMatch(/Column "a" of table public\.t .* type integer\[\]/);
});

test("a table may have as many columns as the database allows", async () => {
  const names = Array.from({ length: 1599 }, (_, i) => `c${i}`);
  await database.sql(
    `DROP TABLE IF EXISTS t; CREATE TABLE t (id int NOT NULL, ${names.map((name) => `${name} smallint`).join(", ")})`,
  );
  await database.sql(
    `INSERT INTO t SELECT i, ${names.map((_, i) => i).join(", ")} FROM generate_series(1, 3) i`,
  );
  const props = {
    ...database.props,
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "t",
  };
  await using run = await startSource(JdbcSourceConnector, props);
  const records = await run.take(3);
  expect(values(records[2])).toEqual({
    id: 3,
    ...Object.fromEntries(names.map((name, i) => [name, i])),
  });
});
