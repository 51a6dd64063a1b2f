import { isRetriable, type Props } from "@millrace/connect-api";
import { MemoryOffsets, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { MYSQL_SERVERS, mysqlTestDatabase, type MysqlTestDatabase } from "./mysql-database.ts";
import { column, pollOnce, series, values } from "./support.ts";

describe.each(MYSQL_SERVERS)("%s", (title, shared) => {
  let database: MysqlTestDatabase;

  beforeEach(async () => {
    database = await mysqlTestDatabase(await shared(), title.toLowerCase());
  });

  afterEach(() => database[Symbol.asyncDispose]());

  const start = (more: Props, offsets = new MemoryOffsets()) =>
    startSource(JdbcSourceConnector, { ...database.props, ...more }, { offsets });

  async function createUsers(rows: number, width = 10): Promise<void> {
    await database.sql(
      "CREATE TABLE users (id int PRIMARY KEY AUTO_INCREMENT, name text)",
      // The two have a name of their own for it.
      `SET ${title === "MySQL" ? "cte_max_recursion_depth" : "max_recursive_iterations"} = 1000000`,
      `INSERT INTO users (name) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
        SELECT repeat('x', ${width}) FROM n`,
    );
  }

  test("the configuration of a Java worker runs: two tables by incrementing id", async () => {
    await database.sql(
      "CREATE TABLE orders (id bigint unsigned PRIMARY KEY AUTO_INCREMENT, total decimal(10,2))",
      "INSERT INTO orders (total) VALUES (1.5), (2)",
      "CREATE TABLE customers (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20))",
      "INSERT INTO customers (name) VALUES ('Ann')",
      "CREATE TABLE other (id int PRIMARY KEY)",
    );
    await using run = await start({
      "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
      mode: "incrementing",
      "incrementing.column.name": "id",
      "topic.prefix": "mysql-",
      "table.whitelist": "orders,customers",
    });
    const records = await run.take(3);
    expect(records.map(({ topic }) => topic).toSorted()).toEqual([
      "mysql-customers",
      "mysql-orders",
      "mysql-orders",
    ]);
    const [order] = records.filter(({ topic }) => topic === "mysql-orders");
    expect(order).toMatchObject({
      key: null,
      sourcePartition: { protocol: "1", table: `${database.name}.orders` },
      sourceOffset: { incrementing: 1 },
      valueSchema: { name: "orders" },
    });
    expect(run.taskProps[0]?.["tables"]).toBe(
      `\`${database.name}\`.\`customers\`,\`${database.name}\`.\`orders\``,
    );
    await database.sql("INSERT INTO customers (name) VALUES ('Bob')");
    expect(values((await run.take(1))[0])).toEqual({ id: 2, name: "Bob" });
  });

  test("ids beyond 2^53 are compared exactly, and gone on from", async () => {
    await database.sql(
      "CREATE TABLE users (id bigint PRIMARY KEY)",
      "INSERT INTO users VALUES (9007199254740991), (9007199254740992), (9007199254740993), (9223372036854775807)",
    );
    const offsets = new MemoryOffsets();
    offsets.set(
      { table: `${database.name}.users`, protocol: "1" },
      { incrementing: 9_007_199_254_740_992n },
    );
    const props = { mode: "incrementing", "incrementing.column.name": "id" };
    await using run = await start(props, offsets);
    expect(column(await run.take(2), "id")).toEqual([
      9_007_199_254_740_993n,
      9_223_372_036_854_775_807n,
    ]);
  });

  test.each(["datetime(6)", "timestamp(6)"])(
    "timestamp+incrementing by a %s, in a zone that is not the server's",
    async (type) => {
      await database.sql(
        "SET time_zone = '+05:00'",
        `CREATE TABLE users (id int NOT NULL, at ${type} NOT NULL)`,
        "INSERT INTO users VALUES (2, '2024-07-01 12:00:00.000001'), (1, '2024-07-01 12:00:00.000001'), (3, '2024-07-01 12:00:00.000002')",
      );
      const props = {
        mode: "timestamp+incrementing",
        "incrementing.column.name": "id",
        "timestamp.column.name": "at",
        "db.timezone": "Asia/Karachi",
      };
      const offsets = new MemoryOffsets();
      {
        await using run = await start(props, offsets);
        const records = await run.take(3);
        expect(column(records, "id")).toEqual([1, 2, 3]);
        expect(records[1]?.sourceOffset).toEqual({
          incrementing: 2,
          timestamp: Date.UTC(2024, 6, 1, 7),
          timestamp_nanos: 1000,
        });
        offsets.commit(records.slice(0, 2));
      }
      await using run = await start(props, offsets);
      expect(column(await run.take(1), "id")).toEqual([3]);
      // The database's clock is the bound: what is of now comes, what is of tomorrow does not.
      await database.sql(
        "INSERT INTO users VALUES (4, now(6)), (5, now(6) + INTERVAL 1 DAY), (2, now(6))",
      );
      expect(column(await run.take(2), "id")).toEqual([2, 4]);
      expect(await run.takeFor(200)).toEqual([]);
    },
  );

  test("a query with a condition of its own, by timestamp", async () => {
    await database.sql(
      "CREATE TABLE users (id int, at datetime(6), kind char(1))",
      "INSERT INTO users VALUES (1, '2024-01-01', 'a'), (2, '2024-01-02', 'b'), (3, '2024-01-03', 'a')",
    );
    await using run = await start({
      mode: "timestamp",
      "timestamp.column.name": "at",
      query: "SELECT id, at FROM users WHERE kind = 'a' -- the first kind",
      "topic.prefix": "kinds",
    });
    const records = await run.take(2);
    expect(column(records, "id")).toEqual([1, 3]);
    expect(records[0]).toMatchObject({ topic: "kinds", sourcePartition: { query: "query" } });
    expect(records[0]?.valueSchema?.name).toBeUndefined();
  });

  test("names that need quotes are read as they are, and never run as SQL", async () => {
    const [table, id] = ["select `x`; DROP TABLE victim; --", "from, `where`"];
    const quoted = (name: string) => `\`${name.replaceAll("`", "``")}\``;
    await database.sql(
      "CREATE TABLE victim (id int)",
      `CREATE TABLE ${quoted(table)} (${quoted(id)} int NOT NULL, \`order\` text)`,
      `INSERT INTO ${quoted(table)} VALUES (1, 'a'), (2, 'b')`,
    );
    await using run = await start({
      mode: "incrementing",
      "incrementing.column.name": id,
      "table.whitelist": `${quoted(database.name)}.${quoted(table)}`,
    });
    expect((await run.take(2)).map(values)).toEqual([
      { [id]: 1, order: "a" },
      { [id]: 2, order: "b" },
    ]);
    expect(await database.sql("SELECT count(*) FROM victim")).toEqual([[0]]);
  });

  test("a connection lost in the middle of a result costs no row and repeats none", async () => {
    // More than the buffers between here and there hold.
    await createUsers(20_000, 2000);
    const props = { mode: "incrementing", "batch.max.rows": "100", "table.whitelist": "users" };
    await using run = await start(props);
    const [task] = run.tasks;
    const records = await pollOnce(task);
    const errors: unknown[] = [];
    const kill = async () => {
      const rows = await database.sql(
        `SELECT id FROM information_schema.processlist WHERE user = '${database.user}'`,
      );
      // One that ends by itself meanwhile is gone as well.
      for (const [id] of rows) await database.sql(`KILL ${String(id)}`).catch(() => undefined);
    };
    await kill();
    while (records.length < 20_000) {
      try {
        records.push(...((await task?.poll(AbortSignal.timeout(10_000))) ?? []));
      } catch (error) {
        if (!isRetriable(error)) throw error;
        errors.push(error);
      }
    }
    expect(column(records, "id")).toEqual(series(1, 20_000));
    expect(errors).toHaveLength(1);
  });

  test("a stop while a query runs returns soon, and the server ends the query", async () => {
    await createUsers(1);
    const run = await start({ mode: "bulk", query: "SELECT sleep(60), id FROM users" });
    expect(await run.tasks[0]?.poll(new AbortController().signal)).toBeNull();
    const running = async () =>
      Number(
        (
          await database.sql(
            `SELECT count(*) FROM information_schema.processlist WHERE user = '${database.user}' AND info LIKE '%sleep(60)%' AND command <> 'Killed'`,
          )
        )[0]?.[0],
      );
    await expect.poll(running, { timeout: 30_000 }).toBe(1);
    const begun = performance.now();
    await run.stop();
    expect(performance.now() - begun).toBeLessThan(5000);
    await expect.poll(running, { timeout: 30_000 }).toBe(0);
  });

  test.each([
    [{ "connection.password": "wrong" }, /connection\.user and connection\.password/],
    [{ "table.whitelist": "nobody" }, /table\.whitelist.*no table of that name/],
    [{ "incrementing.column.name": "name" }, /type (var_string|varchar|blob)/],
    [{ "connection.socketFactory": "x.Y" }, /connection\.socketFactory.*proxy or tunnel/],
  ])("a start that cannot work says what to change: %j", async (more, message) => {
    await createUsers(1);
    const props = { mode: "incrementing", "incrementing.column.name": "id", ...more };
    await expect(start({ "table.whitelist": "users", ...props })).rejects.toThrow(message);
  });

  test.each([
    ["PREFERRED", /^TLSv/],
    ["REQUIRED", /^TLSv/],
    ["DISABLED", /^$/],
  ])("sslMode=%s: the connection is what it asks for", async (sslMode, version) => {
    await createUsers(1);
    const table = title === "MySQL" ? "performance_schema" : "information_schema";
    await using run = await start({
      mode: "bulk",
      "connection.sslMode": sslMode,
      query: `SELECT variable_value AS v FROM ${table}.session_status WHERE variable_name = 'Ssl_version'`,
    });
    expect(values((await run.take(1))[0])["v"]).toMatch(version);
  });

  test("a certificate that nobody trusts is refused with the property that says so", async () => {
    const props = { mode: "incrementing", "connection.sslMode": "VERIFY_CA" };
    await expect(start(props)).rejects.toThrow(/connection\.sslMode and connection\.serverSslCert/);
  });

  test("watermark.safe holds at the begin of an open transaction, and says which right it lacks", async () => {
    await database.sql("CREATE TABLE users (id int NOT NULL, at timestamp(6) NOT NULL)");
    const props = {
      mode: "timestamp+incrementing",
      "incrementing.column.name": "id",
      "timestamp.column.name": "at",
      "table.whitelist": "users",
      "watermark.safe": "true",
    };
    await using refused = await start(props);
    await expect(pollOnce(refused.tasks[0])).rejects.toThrow(/PROCESS/);

    await database.sql(`GRANT PROCESS ON *.* TO '${database.user}'@'%'`);
    await using run = await start(props);
    await database.sql("START TRANSACTION", "INSERT INTO users VALUES (1, now(6))");
    await using other = await mysqlTestDatabase(await shared());
    await other.sql(`INSERT INTO \`${database.name}\`.users VALUES (2, now(6))`);
    expect(await run.takeFor(3500)).toEqual([]);
    await database.sql("COMMIT");
    // Transactions of other tests hold it, too: the server is shared.
    expect(column(await run.take(2, 80_000), "id")).toEqual([1, 2]);
  });
});
