import { Decimal, isRetriable } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { faultOf, translate } from "../faults.ts";
import { castList } from "../reading/cast-list.ts";
import { TimeZone } from "../time-zone.ts";
import { readColumn, type SqlServerColumn } from "./column-types.ts";
import { SQLSERVER_FAULTS } from "./faults.ts";
import { SQLSERVER } from "./index.ts";
import { bind } from "./session.ts";
import { checkProperties, parseTarget } from "./url.ts";

const settings = (url: string, properties: Record<string, string> = {}) => ({
  url,
  user: "me",
  password: () => "secret",
  properties: new Map(Object.entries(properties)),
  applicationName: "test",
  isolation: "DEFAULT" as const,
});

describe("the URL", () => {
  test.each([
    ["jdbc:sqlserver://db", { host: "db", port: 1433, database: undefined, encrypt: true }],
    [
      "jdbc:sqlserver://db:1444;databaseName=shop;encrypt=false",
      { host: "db", port: 1444, database: "shop", encrypt: false },
    ],
    [
      "jdbc:sqlserver://db\\two;database={a;b};encrypt=strict",
      { host: "db", instance: "two", database: "a;b", encrypt: "strict" },
    ],
    ["jdbc:sqlserver://;serverName=db;portNumber=5;user=you", { host: "db", port: 5, user: "you" }],
    ["jdbc:jtds:sqlserver://db:1433/shop;user=you", { host: "db", database: "shop", user: "you" }],
    [
      "jdbc:microsoft:sqlserver://db;DatabaseName=shop;trustServerCertificate=true",
      { database: "shop", trustsAnyCertificate: true },
    ],
  ])("%s", (url, expected) => {
    expect(parseTarget(settings(url))).toMatchObject(expected);
  });

  test("its properties go before the settings, and neither minds upper or lower case", () => {
    const target = parseTarget(
      settings("jdbc:sqlserver://db;loginTimeout=3", { LOGINTIMEOUT: "9" }),
    );
    expect(target.connectTimeoutMs).toBe(3000);
  });

  test.each([
    "integratedSecurity=true",
    "authentication=ActiveDirectoryPassword",
    "trustStore=/x.jks",
    "socketFactoryClass=x",
  ])("%s is refused by name, without the password", (property) => {
    const check = () =>
      checkProperties(parseTarget(settings(`jdbc:sqlserver://db;password=hush;${property}`)));
    expect(check).toThrow(new RegExp(`connection.${property.split("=")[0]?.toLowerCase()}`));
    expect(check).not.toThrow(/hush/);
  });

  test("integratedSecurity=false asks for nothing", () => {
    expect(
      checkProperties(parseTarget(settings("jdbc:sqlserver://db;integratedSecurity=false"))),
    ).toEqual([]);
  });

  test("what is shown of it", () => {
    expect(SQLSERVER.withoutSecrets("jdbc:sqlserver://db;user=a;password=hush")).toBe(
      "jdbc:sqlserver://db;…",
    );
  });
});

test.each([
  [1205, "deadlock", true],
  [1222, "lock-timeout", true],
  [1105, "transient", true],
  [18456, "authentication", false],
  [208, "missing", false],
  [2627, "constraint", false],
  [8115, "data", false],
  [99999, "other", false],
])("error %d is %s", (number, kind, retriable) => {
  const error = translate(
    SQLSERVER_FAULTS,
    Object.assign(new Error("it says"), { number, code: "EREQUEST" }),
    "Could not read",
    "db",
  );
  expect(faultOf(error)).toMatchObject({ kind, code: String(number) });
  expect(isRetriable(error)).toBe(retriable);
});

test.each(["ESOCKET", "ETIMEOUT", "ECONNCLOSED"])("the driver's %s may pass", (code) => {
  const error = translate(SQLSERVER_FAULTS, Object.assign(new Error("x"), { code }), "a", "b");
  expect(isRetriable(error)).toBe(true);
});

const options = {
  numericMapping: "none",
  granularity: "nanos_string",
  timeZone: TimeZone.of("Europe/Paris"),
  calendar: "LEGACY",
} as const;
const column = (type: string, more: Partial<SqlServerColumn> = {}): SqlServerColumn => ({
  name: "v",
  type,
  precision: 0,
  scale: 0,
  optional: false,
  autoIncrement: false,
  ...more,
});

// oxfmt-ignore
test.each<[SqlServerColumn, string, unknown, string, unknown]>([
  [column("bit"), "v", true, "INT8", 1],
  [column("tinyint"), "v", 255, "INT16", 255],
  [column("bigint"), "v", "9223372036854775807", "INT64", 2n ** 63n - 1n],
  [column("decimal", { precision: 38, scale: 2 }), "CONVERT(varchar(60), v, 2)", "-123456789012345678901234567890123456.78", "BYTES", Decimal.parse("-123456789012345678901234567890123456.78")],
  [column("money"), "CONVERT(varchar(60), v, 2)", "922337203685477.5807", "BYTES", Decimal.parse("922337203685477.5807")],
  [column("uniqueidentifier"), "v", "A-B", "STRING", "A-B"],
  [column("date"), "CONVERT(varchar(10), v, 23)", "2024-02-29", "INT32", new Date("2024-02-29")],
  [column("time"), "CONVERT(varchar(20), v, 121)", "12:00:00.1234567", "INT32", new Date(11 * 3_600_000 + 123)],
  [column("datetime2"), "CONVERT(varchar(40), v, 121)", "2024-07-01 12:00:00.1234567", "STRING", "1719828000123456700"],
  [column("datetimeoffset"), "CONVERT(varchar(40), CONVERT(datetime2(7), SWITCHOFFSET(v, '+00:00')), 121)", "2024-07-01 10:00:00.1234567", "STRING", "1719828000123456700"],
])("a column of type $0.type", (of, expression, value, schema, read) => {
  const found = readColumn(of, options);
  expect(found?.expression("v")).toBe(expression);
  expect(found?.valueType.schema.type).toBe(schema);
  expect(found?.valueType.read(value as never)).toEqual(read);
});

test.each(["sql_variant", "geometry", "hierarchyid"])("a %s is left out", (type) => {
  expect(readColumn(column(type), options)).toBeUndefined();
});

test("a place in time is what the column compared with holds", () => {
  const instant = 1_719_828_000_123_456_700n;
  const at = { instant, columns: ["v"] };
  expect(bind([at, 5n], [column("datetime2")], options.timeZone)).toEqual([
    "2024-07-01 12:00:00.1234567",
    "5",
  ]);
  expect(bind([at], [column("datetimeoffset")], options.timeZone)).toEqual([
    "2024-07-01 10:00:00.1234567",
  ]);
});

test("a statement gives expressions in place of its columns", () => {
  expect(castList("SELECT * FROM [a] WHERE [b] > @p1", ["[b] AS [b]", "NULL AS [c]"])).toBe(
    "SELECT [b] AS [b], NULL AS [c] FROM [a] WHERE [b] > @p1",
  );
  expect(SQLSERVER.spelling.limited("SELECT 1 ORDER BY 1", 5)).toBe(
    "SELECT 1 ORDER BY 1 OFFSET 0 ROWS FETCH NEXT 5 ROWS ONLY",
  );
});
