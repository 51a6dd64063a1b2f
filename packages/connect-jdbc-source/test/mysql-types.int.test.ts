import { Decimal, type Props } from "@millrace/connect-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MYSQL_SERVERS, mysqlTestDatabase, type MysqlTestDatabase } from "./mysql-database.ts";
import { readColumn } from "./read-type.ts";

const utc = (text: string) => new Date(`${text}Z`);
const decimal = (text: string) => Decimal.parse(text);

describe.each(MYSQL_SERVERS)("%s", (_, shared) => {
  let database: MysqlTestDatabase;

  beforeAll(async () => {
    database = await mysqlTestDatabase(await shared());
  });

  afterAll(() => database[Symbol.asyncDispose]());

  /** Reads a table with one column of the type, which holds these literals in this order. */
  async function read(type: string, literals: readonly string[], more: Props = {}) {
    const rows = literals.map((literal, i) => `(${i}, ${literal})`).join(", ");
    await database.sql(
      "SET sql_mode = '', time_zone = '+00:00'",
      "DROP TABLE IF EXISTS t",
      `CREATE TABLE t (id int NOT NULL, v ${type}) CHARACTER SET utf8mb4`,
      `INSERT INTO t VALUES ${rows}`,
    );
    return readColumn({ ...database.props, ...more }, literals.length);
  }

  // oxfmt-ignore
  test.each<[string, string, [literal: string, value: unknown][]]>([
    ["boolean", "INT8?", [["TRUE", 1], ["FALSE", 0], ["NULL", null]]],
    ["tinyint", "INT8?", [["-128", -128], ["127", 127], ["NULL", null]]],
    ["tinyint unsigned", "INT16?", [["0", 0], ["255", 255]]],
    ["smallint", "INT16?", [["-32768", -32_768], ["32767", 32_767]]],
    ["smallint unsigned", "INT32?", [["65535", 65_535]]],
    ["mediumint", "INT32?", [["-8388608", -8_388_608], ["8388607", 8_388_607]]],
    ["mediumint unsigned", "INT32?", [["16777215", 16_777_215]]],
    ["int", "INT32?", [["-2147483648", -(2 ** 31)], ["2147483647", 2 ** 31 - 1], ["NULL", null]]],
    ["int unsigned", "INT64?", [["4294967295", 4_294_967_295]]],
    ["bigint", "INT64?", [
      ["-9223372036854775808", -(2n ** 63n)], ["9223372036854775807", 2n ** 63n - 1n], ["-9007199254740993", -(2n ** 53n) - 1n],
      ["9007199254740991", 2 ** 53 - 1], ["9007199254740992", 2n ** 53n], ["0", 0], ["-1", -1], ["NULL", null],
    ]],
    ["bigint unsigned", "INT64?", [["9223372036854775807", 2n ** 63n - 1n], ["0", 0]]],
    ["float", "FLOAT32?", [["1.5", 1.5], ["3.40282e38", Math.fround(3.402_82e38)], ["16777217", 16_777_216], ["NULL", null]]],
    ["double", "FLOAT64?", [["0.1", 0.1], ["2.2250738585072014e-308", 2.225_073_858_507_201_4e-308], ["1.7976931348623157e308", Number.MAX_VALUE], ["NULL", null]]],
    ["decimal(10,2)", "Decimal(10,2)?", [["-0.01", decimal("-0.01")], ["99999999.99", decimal("99999999.99")], ["NULL", null]]],
    ["decimal(38,0)", "Decimal(38,0)?", [["99999999999999999999999999999999999999", decimal("99999999999999999999999999999999999999")]]],
    ["decimal(38,10)", "Decimal(38,10)?", [["-9999999999999999999999999999.9999999999", decimal("-9999999999999999999999999999.9999999999")], ["0", decimal("0.0000000000")]]],
    ["decimal(65,30) unsigned", "Decimal(65,30)?", [["0.000000000000000000000000000001", decimal("0.000000000000000000000000000001")]]],
    ["bit(1)", "INT8?", [["b'1'", 1], ["b'0'", 0], ["NULL", null]]],
    ["bit(12)", "BYTES?", [["b'110000000001'", Buffer.from([0x0c, 0x01])]]],
    ["char(5)", "STRING?", [["'abc'", "abc"]]],
    ["varchar(40)", "STRING?", [["''", ""], ["'Grüße, 東京 🚀'", "Grüße, 東京 🚀"], ["NULL", null]]],
    ["varchar(40) CHARACTER SET latin1", "STRING?", [["'Grüße €'", "Grüße €"]]],
    ["longtext", "STRING?", [["'a\\tb\\nc\\\\'", "a\tb\nc\\"], ["repeat('€', 100000)", "€".repeat(100_000)]]],
    ["enum('sad','grün')", "STRING?", [["'grün'", "grün"], ["NULL", null]]],
    ["set('a','b')", "STRING?", [["'a,b'", "a,b"], ["''", ""]]],
    ["binary(3)", "BYTES?", [["'ab'", Buffer.from("ab\0")]]],
    ["varbinary(10)", "BYTES?", [["x'00ff27'", Buffer.from("00ff27", "hex")], ["''", Buffer.alloc(0)], ["NULL", null]]],
    ["longblob", "BYTES?", [["repeat(x'ff', 70000)", Buffer.alloc(70_000, 0xff)]]],
    ["date", "Date?", [
      ["'2024-02-29'", utc("2024-02-29T00:00")], ["'1969-12-31'", utc("1969-12-31T00:00")], ["'1582-10-15'", utc("1582-10-15T00:00")],
      ["'1500-03-01'", utc("1500-03-11T00:00")], ["'9999-12-31'", utc("9999-12-31T00:00")], ["NULL", null],
    ]],
    ["time", "Time?", [["'00:00:00'", new Date(0)], ["'23:59:59'", new Date(86_399_000)], ["NULL", null]]],
    ["time(6)", "Time?", [["'12:34:56.789999'", new Date(45_296_789)]]],
    ["datetime", "Timestamp?", [["'2024-02-29 12:34:56'", utc("2024-02-29T12:34:56")], ["NULL", null]]],
    ["datetime(6)", "Timestamp?", [["'2024-02-29 12:34:56.789999'", utc("2024-02-29T12:34:56.789")], ["'1969-12-31 23:59:59.999999'", new Date(-1)], ["'1000-01-01'", utc("1000-01-06T00:00")]]],
    ["timestamp(6) NULL", "Timestamp?", [["'2038-01-19 03:14:07.999999'", utc("2038-01-19T03:14:07.999")], ["'1970-01-01 00:00:01'", new Date(1000)], ["NULL", null]]],
    ["year", "Date?", [["2024", utc("2024-01-01T00:00")], ["1901", utc("1901-01-01T00:00")]]],
    ["point", "BYTES?", [["ST_GeomFromText('POINT(1 2)')", Buffer.from("000000000101000000000000000000f03f0000000000000040", "hex")], ["NULL", null]]],
  ])("%s is %s", async (type, schema, cases) => {
    const found = await read(type, cases.map(([literal]) => literal));
    expect(found).toEqual({ schema, values: cases.map(([, value]) => value) });
  });

  test("json is a text, as the server writes it", async () => {
    const { schema, values } = await read("json", [
      `'{"b": 1.0, "a": [true, null]}'`,
      "'12345678901234567890'",
      "NULL",
    ]);
    expect(schema).toBe("STRING?");
    const [object, number, none] = values;
    expect(JSON.parse(object as string)).toEqual({ b: 1, a: [true, null] });
    expect([number, none]).toEqual(["12345678901234567890", null]);
  });

  test("a NOT NULL column is required", async () => {
    expect((await read("varchar(5) NOT NULL", ["'a'"])).schema).toBe("STRING");
  });

  test("a datetime is of db.timezone, a timestamp is an instant, whatever the server's zone", async () => {
    const props = { "db.timezone": "Europe/Paris", "timestamp.granularity": "micros_long" };
    const literal = "'2024-07-01 12:00:00.123456'";
    expect((await read("datetime(6)", [literal], props)).values).toEqual([1_719_828_000_123_456]);
    expect((await read("timestamp(6) NULL", [literal], props)).values).toEqual([
      1_719_835_200_123_456,
    ]);
    const iso = { ...props, "timestamp.granularity": "nanos_iso_datetime_string" };
    expect((await read("timestamp(6) NULL", [literal], iso)).values).toEqual([
      "2024-07-01T14:00:00.123456000",
    ]);
    expect((await read("time", ["'12:00:00'"], props)).values).toEqual([new Date(11 * 3_600_000)]);
  });

  test.each([
    ["date", "'0000-00-00'", /column "v".*0000-00-00.*zeroDateTimeBehavior/],
    ["datetime", "'2024-00-10 00:00:00'", /column "v".*2024-00-10.*zeroDateTimeBehavior/],
    ["time", "'-12:00:00'", /column "v".*-12:00:00 is no time of a day/],
    ["time", "'838:59:59'", /column "v".*838:59:59/],
    ["bigint unsigned", "18446744073709551615", /column "v".*more than an int64.*DECIMAL\(20\)/],
  ])("a %s of %s fails the task by name", async (type, literal, message) => {
    await expect(read(type, ["NULL", literal])).rejects.toThrow(message);
  });

  test("what the driver's properties say of odd values", async () => {
    const nulls = { "connection.zeroDateTimeBehavior": "CONVERT_TO_NULL" };
    expect(await read("date NOT NULL", ["'0000-00-00'", "'2024-01-01'"], nulls)).toEqual({
      schema: "Date?",
      values: [null, utc("2024-01-01T00:00")],
    });
    expect((await read("boolean", ["TRUE"], { "connection.tinyInt1isBit": "false" })).schema).toBe(
      "INT8?",
    );
    expect(await read("year", ["2024"], { "connection.yearIsDateType": "false" })).toEqual({
      schema: "INT16?",
      values: [2024],
    });
  });
});
