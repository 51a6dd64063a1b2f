import { isRetriable } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { faultOf, translate } from "../faults.ts";
import {
  checkProperties,
  connectTimeoutMs,
  tlsChoices,
  valueOptions,
} from "./driver-properties.ts";
import { MYSQL_FAULTS } from "./faults.ts";
import { parseTarget } from "./url.ts";

const target = (url: string, properties: [string, string][] = []) =>
  parseTarget({
    url,
    user: "me",
    password: () => "secret",
    properties: new Map(properties),
    applicationName: "test",
    isolation: "DEFAULT",
  });

describe("the URL", () => {
  test.each([
    ["jdbc:mysql://db:3307/shop", [{ host: "db", port: 3307 }], "shop"],
    [
      "jdbc:mariadb://a,[::1]:3308/my%20shop?x=y",
      [
        { host: "a", port: 3306 },
        { host: "::1", port: 3308 },
      ],
      "my shop",
    ],
    ["jdbc:mysql://db", [{ host: "db", port: 3306 }], null],
  ])("%s", (url, hosts, database) => {
    expect(target(url)).toMatchObject({ hosts, database });
  });

  test.each([
    "jdbc:mysql:loadbalance://a,b/shop?password=hush",
    "jdbc:mysql://me:hush@db/shop",
    "jdbc:mysql://address=(host=a)(port=1)/shop?password=hush",
    "jdbc:mysql:shop?password=hush",
  ])("%s is refused by key, without the password", (url) => {
    expect(() => target(url)).toThrow(/connection\.url/);
    expect(() => target(url)).not.toThrow(/hush/);
  });
});

test.each([
  ["", [{ rejectUnauthorized: false }, false]],
  ["useSSL=false", [false]],
  ["sslMode=DISABLED", [false]],
  ["sslMode=REQUIRED", [{ rejectUnauthorized: false }]],
  ["sslMode=VERIFY_IDENTITY", [{ rejectUnauthorized: true }]],
  ["sslMode=verify-full", [{ rejectUnauthorized: true }]],
  ["useSSL=true&requireSSL=true", [{ rejectUnauthorized: false }]],
  ["verifyServerCertificate=true", [{ rejectUnauthorized: true }]],
])("%s tries TLS as the Java drivers do", (query, choices) => {
  expect(tlsChoices(target(`jdbc:mysql://db/shop?${query}`))).toMatchObject(choices);
});

test.each([
  ["sslMode=MAYBE", /connection\.sslMode/],
  ["socketFactory=x.Y", /connection\.socketFactory.*proxy or tunnel/],
  ["authenticationPlugins=x", /connection\.authenticationPlugins.*password/],
  ["zeroDateTimeBehavior=GUESS", /connection\.zeroDateTimeBehavior/],
  ["connectTimeout=soon", /connection\.connectTimeout/],
  ["serverSslCert=/nowhere.pem", /connection\.serverSslCert/],
  ["tinyInt1isBit=maybe", /connection\.tinyInt1isBit/],
])("%s is refused by name", (query, message) => {
  expect(() => checkProperties(target(`jdbc:mysql://db/shop?${query}`))).toThrow(message);
});

test("what has its effect, what has none, and what only tunes", () => {
  const properties = target(
    "jdbc:mysql://db/shop?serverTimezone=UTC&connectTimeout=5&socketTimeout=3",
  );
  expect(checkProperties(properties)).toEqual([
    "The connection property socketTimeout has no effect",
  ]);
  expect(connectTimeoutMs(properties)).toBe(5);
  expect(
    valueOptions(target("jdbc:mysql://db/x?zeroDateTimeBehavior=convertToNull")).zeroDates,
  ).toBe("CONVERT_TO_NULL");
});

test.each([
  [{ code: "ER_LOCK_DEADLOCK", errno: 1213, sqlState: "40001" }, "deadlock", true],
  [{ code: "ER_LOCK_WAIT_TIMEOUT", errno: 1205, sqlState: "HY000" }, "lock-timeout", true],
  [{ code: "PROTOCOL_CONNECTION_LOST" }, "connection", true],
  [{ code: "ECONNREFUSED" }, "connection", true],
  [{ code: "ER_CON_COUNT_ERROR", errno: 1040, sqlState: "08004" }, "transient", true],
  [{ code: "ER_DISK_FULL", errno: 1021, sqlState: "HY000" }, "transient", true],
  [{ code: "UNKNOWN_CODE_1969", errno: 1969, sqlState: "70100" }, "transient", true],
  [{ code: "ER_ACCESS_DENIED_ERROR", errno: 1045, sqlState: "28000" }, "authentication", false],
  [{ code: "ER_NO_SUCH_TABLE", errno: 1146, sqlState: "42S02" }, "missing", false],
  [{ code: "ER_DUP_ENTRY", errno: 1062, sqlState: "23000" }, "constraint", false],
  [{ code: "ER_DATA_TOO_LONG", errno: 1406, sqlState: "22001" }, "data", false],
  [{ code: "ER_WRONG_ARGUMENTS", errno: 1210, sqlState: "HY000" }, "other", false],
])("%j is %s", (properties, kind, retriable) => {
  const error = translate(
    MYSQL_FAULTS,
    Object.assign(new Error("it says"), properties),
    "Could not read",
    "db",
  );
  expect(faultOf(error)?.kind).toBe(kind);
  expect(isRetriable(error)).toBe(retriable);
});
