import { Decimal, isRetriable } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { faultOf, translate } from "../faults.ts";
import { TimeZone } from "../time-zone.ts";
import { type OracleColumn, readColumn } from "./column-types.ts";
import { ORACLE_FAULTS } from "./faults.ts";
import { ORACLE } from "./index.ts";
import { bind } from "./session.ts";
import { checkProperties, parseTarget } from "./url.ts";

const settings = (url: string) => ({
  url,
  user: "me",
  password: () => "secret",
  properties: new Map<string, string>(),
  applicationName: "test",
  isolation: "DEFAULT" as const,
});

describe("the URL", () => {
  test.each([
    ["jdbc:oracle:thin:@//db:1522/shop", "db:1522/shop"],
    ["jdbc:oracle:thin:@db/shop", "db:1521/shop"],
    [
      "jdbc:oracle:thin:@db:1521:ORCL",
      "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db)(PORT=1521))(CONNECT_DATA=(SID=ORCL)))",
    ],
    [
      "jdbc:oracle:thin:@tcps://db:2484/shop?oracle.net.CONNECT_TIMEOUT=5000",
      "tcps://db:2484/shop",
    ],
    ["jdbc:oracle:thin:@(DESCRIPTION=(X=1))", "(DESCRIPTION=(X=1))"],
  ])("%s", (url, connectString) => {
    expect(parseTarget(settings(url)).connectString).toBe(connectString);
  });

  test.each([
    "jdbc:oracle:thin:scott/hush@//db/shop",
    "jdbc:oracle:oci:@shop?password=hush",
    "jdbc:oracle:thin:@shop?password=hush",
  ])("%s is refused, without the password", (url) => {
    expect(() => parseTarget(settings(url))).toThrow(/connection\.url/);
    expect(() => parseTarget(settings(url))).not.toThrow(/hush/);
  });

  test("a wallet is refused with what to do instead", () => {
    const target = parseTarget(settings("jdbc:oracle:thin:@db/shop?oracle.net.wallet_location=/w"));
    expect(() => checkProperties(target)).toThrow(/wallet_location.*tcps/);
  });
});

test.each([
  ["ORA-00060: deadlock detected", "deadlock", true],
  ["ORA-03113: end-of-file on communication channel", "connection", true],
  ["NJS-500: connection to the Oracle Database was broken", "connection", true],
  ["ORA-01653: unable to extend table", "transient", true],
  ["ORA-01017: invalid username/password", "authentication", false],
  ["ORA-00942: table or view does not exist", "missing", false],
  ["ORA-00001: unique constraint violated", "constraint", false],
  ["ORA-12899: value too large", "data", false],
  ["ORA-00600: internal error", "other", false],
])("%s is %s", (message, kind, retriable) => {
  const error = translate(ORACLE_FAULTS, new Error(message), "Could not read", "db");
  expect(faultOf(error)?.kind).toBe(kind);
  expect(isRetriable(error)).toBe(retriable);
});

const options = {
  numericMapping: "best_fit",
  granularity: "nanos_string",
  timeZone: TimeZone.of("Europe/Paris"),
  calendar: "LEGACY",
} as const;
const column = (type: string, more: Partial<OracleColumn> = {}): OracleColumn => ({
  name: "V",
  type,
  precision: 0,
  scale: 0,
  optional: true,
  ...more,
});

// oxfmt-ignore
test.each<[OracleColumn, unknown, string, unknown]>([
  [column("NUMBER", { precision: 10 }), "1234567890", "INT64", 1_234_567_890],
  [column("NUMBER", { precision: 10, scale: 2 }), "-.5", "FLOAT64", -0.5],
  [column("NUMBER", { precision: 38 }), "99999999999999999999999999999999999999", "BYTES", Decimal.parse("99999999999999999999999999999999999999")],
  [column("NUMBER", { scale: -127 }), "1.5", "BYTES", new Decimal(15n * 10n ** 126n, 127)],
  [column("BINARY_DOUBLE"), 0.1, "FLOAT64", 0.1],
  [column("VARCHAR2"), "ü", "STRING", "ü"],
  [column("BLOB"), Buffer.from([1]), "BYTES", Buffer.from([1])],
  [column("DATE"), "2024-07-01 12:00:00.000000000", "STRING", "1719828000000000000"],
  [column("TIMESTAMP(9)"), "2024-07-01 12:00:00.123456789", "STRING", "1719828000123456789"],
  [column("TIMESTAMP WITH TIME ZONE"), "2024-07-01 10:00:00.123456789", "STRING", "1719828000123456789"],
])("a column of type $0.type", (of, value, schema, read) => {
  const found = readColumn(of, options);
  expect(found?.valueType.schema.type).toBe(schema);
  expect(found?.valueType.read(value as never)).toEqual(read);
});

test("an interval is left out", () => {
  expect(readColumn(column("INTERVAL DAY TO SECOND"), options)).toBeUndefined();
});

test("a place in time is what the column compared with holds", () => {
  const at = { instant: 1_719_828_000_123_456_789n, columns: ["V"] };
  expect(bind([at], [column("DATE")], options.timeZone)).toEqual(["2024-07-01 12:00:00.123456789"]);
  const zoned = column("TIMESTAMP WITH LOCAL TIME ZONE");
  expect(bind([at, 7n], [zoned], options.timeZone)).toEqual(["2024-07-01 10:00:00.123456789", "7"]);
  expect(ORACLE.spelling.limited("SELECT 1 FROM dual", 3)).toBe(
    "SELECT 1 FROM dual FETCH FIRST 3 ROWS ONLY",
  );
});
