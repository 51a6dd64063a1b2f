import { ConnectError, isRetriable } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { ALL_TABLES, type ConnectionSettings, findDialect, TimeZone } from "../src/index.ts";

const settings = (url: string, user = "me", password = "hush"): ConnectionSettings => ({
  url,
  user,
  password: () => password,
  properties: new Map(),
  applicationName: "millrace-test",
  isolation: "DEFAULT",
});

const { signal } = new AbortController();

/** A JDBC URL of a running server with user and password, as `url|user|password`. */
const SERVERS = [
  ["SQL Server", "SQLSERVER_JDBC", "jdbc:sqlserver://127.0.0.1:1;encrypt=false"],
  ["Oracle", "ORACLE_JDBC", "jdbc:oracle:thin:@//127.0.0.1:1/shop"],
] as const;

describe.each(SERVERS)("%s", (title, variable, nowhere) => {
  test("a server that is away is retriable, and its driver is the one that says so", async () => {
    const error: unknown = await findDialect(nowhere)
      .connect(settings(nowhere), signal)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(String(error)).toContain(`Could not connect to ${title}`);
    expect(String(error)).not.toContain("hush");
    expect(isRetriable(error)).toBe(true);
  });
});

/** The others are tested where one is given. */
const GIVEN = SERVERS.flatMap(([title, variable]) => {
  const given = process.env[variable] ?? "";
  return given === "" ? [] : [{ title, given }];
});

for (const { title, given } of GIVEN) {
  test(`${title}: a table is listed, described and read`, async () => {
    const [url = "", user, password] = given.split("|");
    const dialect = findDialect(url);
    const session = await dialect.connect(settings(url, user, password), signal);
    const types = {
      numericMapping: "none",
      granularity: "connect_logical",
      timeZone: TimeZone.UTC,
      calendar: "LEGACY",
    } as const;
    const options = { types, quoting: "always", batchRows: 10 } as const;
    expect((await session.now()) > 1_700_000_000_000_000_000n).toBe(true);
    for (const table of (await session.listTables(ALL_TABLES)).slice(0, 5)) {
      const columns = await session.describe({ table }, options);
      expect(columns.length).toBeGreaterThan(0);
    }
    await session.close();
  });
}
