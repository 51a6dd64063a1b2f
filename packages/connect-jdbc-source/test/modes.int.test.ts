import { MemoryOffsets, RecordingLogger, startSource } from "@millrace/connect-testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JdbcSourceConnector } from "../src/index.ts";
import { column, pollOnce, series, type TestDatabase, testDatabase, values } from "./support.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

const incrementing = () => ({
  ...database.props,
  mode: "incrementing",
  "incrementing.column.name": "id",
  "table.whitelist": "users",
});

async function createUsers(rows: number): Promise<void> {
  await database.sql(`
    CREATE TABLE users (id int NOT NULL, name text);
    INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, ${rows}) i`);
}

describe("incrementing", () => {
  test("rows come in order of the column, each with its offset, and new ones when they are there", async () => {
    await database.sql(`
      CREATE TABLE users (id int NOT NULL, name text);
      INSERT INTO users VALUES (3, 'c'), (1, 'a'), (2, NULL)`);
    await using run = await startSource(JdbcSourceConnector, incrementing());
    const records = await run.take(3);
    expect(records.map(values)).toEqual([
      { id: 1, name: "a" },
      { id: 2, name: null },
      { id: 3, name: "c" },
    ]);
    expect(records[2]).toMatchObject({
      topic: "t-users",
      key: null,
      kafkaPartition: null,
      sourcePartition: { protocol: "1", table: "public.users" },
      sourceOffset: { incrementing: 3 },
      valueSchema: { name: "users" },
    });
    await database.sql("INSERT INTO users VALUES (4, 'd')");
    expect(column(await run.take(1), "id")).toEqual([4]);
    expect(await run.takeFor(200)).toEqual([]);
  });

  test("a row that is inserted late with a lower value is not read, and neither is a negative one", async () => {
    await database.sql(
      "CREATE TABLE users (id int NOT NULL); INSERT INTO users VALUES (-5), (0), (10)",
    );
    await using run = await startSource(JdbcSourceConnector, incrementing());
    expect(column(await run.take(2), "id")).toEqual([0, 10]);
    await database.sql("INSERT INTO users VALUES (5)");
    expect(await run.takeFor(200)).toEqual([]);
  });

  test("under Aiven's name and keys it starts where they say", async () => {
    await database.sql(
      "CREATE TABLE users (id int NOT NULL); INSERT INTO users VALUES (-5), (0), (10)",
    );
    const aiven = { "incrementing.initial": "-10", "sql.quote.identifiers": "false" };
    await using run = await startSource(JdbcSourceConnector, { ...incrementing(), ...aiven });
    expect(column(await run.take(3), "id")).toEqual([-5, 0, 10]);
  });

  test("batches are no longer than batch.max.rows, and a restart goes on behind the committed offset", async () => {
    await createUsers(25);
    const props = { ...incrementing(), "batch.max.rows": "10" };
    const offsets = new MemoryOffsets();
    {
      await using run = await startSource(JdbcSourceConnector, props, { offsets });
      const batch = await pollOnce(run.tasks[0]);
      expect(column(batch, "id")).toEqual(series(1, 10));
      offsets.commit(batch.slice(0, 7));
    }
    await using run = await startSource(JdbcSourceConnector, props, { offsets });
    expect(column(await run.take(18), "id")).toEqual(series(8, 25));
  });

  test.each([
    ["of protocol 1", { table: "public.users", protocol: "1" }],
    ["of protocol 0", { table: "users" }],
  ])("offsets %s that a Java worker has written are gone on from", async (_, partition) => {
    await createUsers(5);
    const offsets = new MemoryOffsets();
    offsets.set(partition, { incrementing: 3 });
    await using run = await startSource(JdbcSourceConnector, incrementing(), { offsets });
    const records = await run.take(2);
    expect(column(records, "id")).toEqual([4, 5]);
    expect(records[0]?.sourcePartition).toEqual({ protocol: "1", table: "public.users" });
  });

  test.each(["smallint", "int", "bigint", "numeric(20)"])(
    "a column of type %s increments",
    async (type) => {
      await database.sql(
        `CREATE TABLE users (id ${type} NOT NULL); INSERT INTO users VALUES (1), (2)`,
      );
      const offsets = new MemoryOffsets();
      await using run = await startSource(JdbcSourceConnector, incrementing(), { offsets });
      const records = await run.take(2);
      expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([
        { incrementing: 1 },
        { incrementing: 2 },
      ]);
      await database.sql("INSERT INTO users VALUES (3)");
      expect((await run.take(1))[0]?.sourceOffset).toEqual({ incrementing: 3 });
    },
  );

  test("values beyond 2^53 are exact in value, offset and resumption", async () => {
    await database.sql(`
      CREATE TABLE users (id bigint NOT NULL);
      INSERT INTO users VALUES (9007199254740991), (9007199254740992), (9007199254740993), (9223372036854775807)`);
    const offsets = new MemoryOffsets();
    {
      await using run = await startSource(JdbcSourceConnector, incrementing(), { offsets });
      const records = await run.take(4);
      expect(column(records, "id")).toEqual([
        9_007_199_254_740_991,
        9_007_199_254_740_992n,
        9_007_199_254_740_993n,
        9_223_372_036_854_775_807n,
      ]);
      offsets.commit(records.slice(0, 2));
    }
    await using run = await startSource(JdbcSourceConnector, incrementing(), { offsets });
    expect(column(await run.take(2), "id")).toEqual([
      9_007_199_254_740_993n,
      9_223_372_036_854_775_807n,
    ]);
  });

  test.each(["id serial", "id int GENERATED ALWAYS AS IDENTITY"])(
    "without a name, the first column that a sequence fills is taken: %s",
    async (definition) => {
      await database.sql(
        `CREATE TABLE users (rank int NOT NULL, ${definition}); INSERT INTO users (rank) VALUES (9), (8)`,
      );
      const { "incrementing.column.name": _, ...props } = incrementing();
      await using run = await startSource(JdbcSourceConnector, props);
      expect(column(await run.take(2), "rank")).toEqual([9, 8]);
    },
  );

  test("rows without a value are left out where validate.non.null is off", async () => {
    await database.sql("CREATE TABLE users (id int); INSERT INTO users VALUES (NULL), (1)");
    const props = { ...incrementing(), "validate.non.null": "false" };
    await using run = await startSource(JdbcSourceConnector, props);
    expect(column(await run.take(1), "id")).toEqual([1]);
    expect(await run.takeFor(200)).toEqual([]);
  });
});

describe("bulk", () => {
  test("the whole table comes again and again, without offsets", async () => {
    await createUsers(3);
    const props = { ...database.props, mode: "bulk", "table.whitelist": "users" };
    await using run = await startSource(JdbcSourceConnector, props);
    const records = await run.take(6);
    expect(column(records, "id")).toEqual([1, 2, 3, 1, 2, 3]);
    expect(records[0]).toMatchObject({ sourcePartition: { table: "users" }, sourceOffset: null });
    await run.commit();
    expect([...run.offsets]).toEqual([]);
  });

  test("a pause in the middle loses no place and repeats no row", async () => {
    await createUsers(40);
    const props = {
      ...database.props,
      mode: "bulk",
      "table.whitelist": "users",
      "batch.max.rows": "10",
      "poll.interval.ms": "60000",
    };
    await using run = await startSource(JdbcSourceConnector, props);
    const first = await pollOnce(run.tasks[0]);
    expect(await run.tasks[0]?.poll(AbortSignal.abort())).toBeNull();
    expect(column([...first, ...(await run.take(30))], "id")).toEqual(series(1, 40));
  });
});

describe("tables", () => {
  test("tasks.max shares the tables in order, and no task is without one", async () => {
    for (const name of ["a", "b", "c"]) {
      await database.sql(`CREATE TABLE ${name} (id int NOT NULL); INSERT INTO ${name} VALUES (1)`);
    }
    const props = { ...incrementing(), "table.whitelist": "c,a,b" };
    await using two = await startSource(JdbcSourceConnector, props, { maxTasks: 2 });
    expect(two.taskProps.map(({ tables }) => tables)).toEqual([
      '"public"."a","public"."b"',
      '"public"."c"',
    ]);
    const records = await two.take(3);
    expect(new Set(records.map(({ topic }) => topic))).toEqual(new Set(["t-a", "t-b", "t-c"]));
    await using many = await startSource(JdbcSourceConnector, props, { maxTasks: 10 });
    expect(many.tasks).toHaveLength(3);
  });

  test("each of several tables in one task is read in its turn", async () => {
    for (const name of ["a", "b"]) {
      await database.sql(
        `CREATE TABLE ${name} (id int NOT NULL); INSERT INTO ${name} SELECT generate_series(1, 50)`,
      );
    }
    const props = { ...incrementing(), "table.whitelist": "a,b", "batch.max.rows": "7" };
    await using run = await startSource(JdbcSourceConnector, props);
    const records = await run.take(100);
    for (const topic of ["t-a", "t-b"]) {
      expect(
        column(
          records.filter((record) => record.topic === topic),
          "id",
        ),
      ).toEqual(series(1, 50));
    }
    await database.sql("INSERT INTO b VALUES (51)");
    expect((await run.take(1))[0]).toMatchObject({
      topic: "t-b",
      sourceOffset: { incrementing: 51 },
    });
  });

  test("an empty whitelist reads every table, with a warning, but no view and nothing of the system's", async () => {
    await database.sql(`
      CREATE TABLE users (id int NOT NULL); INSERT INTO users VALUES (1);
      CREATE VIEW everyone AS SELECT * FROM users;
      CREATE SCHEMA sales; CREATE TABLE sales.orders (id int NOT NULL); INSERT INTO sales.orders VALUES (1)`);
    const logger = new RecordingLogger();
    const props = { ...incrementing(), "table.whitelist": "" };
    await using run = await startSource(JdbcSourceConnector, props, { logger });
    expect((await run.take(2)).map(({ topic }) => topic).toSorted()).toEqual([
      "t-orders",
      "t-users",
    ]);
    expect(logger.text()).toContain("all 2 tables");
  });

  test.each(["users", "public.users", '"public"."users"'])(
    "the whitelist takes %s",
    async (name) => {
      await createUsers(1);
      await using run = await startSource(JdbcSourceConnector, {
        ...incrementing(),
        "table.whitelist": name,
      });
      expect(await run.take(1)).toHaveLength(1);
    },
  );

  test("tables of one name in two schemas are refused, one of them by its schema is not", async () => {
    await createUsers(1);
    await database.sql(
      "CREATE SCHEMA old; CREATE TABLE old.users (id int NOT NULL); INSERT INTO old.users VALUES (7)",
    );
    await expect(startSource(JdbcSourceConnector, incrementing())).rejects.toThrow(
      /table\.whitelist.*old\.users and public\.users/,
    );
    const props = { ...incrementing(), "table.whitelist": "old.users" };
    await using run = await startSource(JdbcSourceConnector, props);
    expect(column(await run.take(1), "id")).toEqual([7]);
  });

  test("names that need quotes are read as they are, and never run as SQL", async () => {
    const [table, id] = ['select "x"; DROP TABLE victim; --', 'from, "where"'];
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    await database.sql(`
      CREATE TABLE victim (id int);
      CREATE SCHEMA "Mixed Case,";
      CREATE TABLE "Mixed Case,".${quoted(table)} (${quoted(id)} int NOT NULL, "order" text);
      INSERT INTO "Mixed Case,".${quoted(table)} VALUES (1, 'a'), (2, 'b')`);
    const props = {
      ...incrementing(),
      "table.whitelist": `"Mixed Case,".${quoted(table)}`,
      "incrementing.column.name": id,
    };
    await using run = await startSource(JdbcSourceConnector, props);
    const records = await run.take(2);
    expect(records.map(values)).toEqual([
      { [id]: 1, order: "a" },
      { [id]: 2, order: "b" },
    ]);
    expect(records[0]?.topic).toBe(`t-${table}`);
    expect(await database.sql("SELECT count(*) FROM victim")).toEqual([["0"]]);
  });

  test("quote.sql.identifiers=never reads plain names and refuses others", async () => {
    await createUsers(1);
    await database.sql('CREATE TABLE "Users2" (id int NOT NULL)');
    const props = { ...incrementing(), "quote.sql.identifiers": "NEVER" };
    await using run = await startSource(JdbcSourceConnector, props);
    expect(await run.take(1)).toHaveLength(1);
    await expect(
      startSource(JdbcSourceConnector, { ...props, "table.whitelist": "Users2" }),
    ).rejects.toThrow(/quote\.sql\.identifiers/);
  });
});

describe("structure", () => {
  test("a changed table has a new schema from the next reading on, an unchanged one the same", async () => {
    await createUsers(1);
    await using run = await startSource(JdbcSourceConnector, incrementing());
    const [first] = await run.take(1);
    await database.sql("INSERT INTO users VALUES (2, 'b')");
    const [second] = await run.take(1);
    expect(second?.valueSchema).toBe(first?.valueSchema);

    await database.sql(`
      ALTER TABLE users ADD COLUMN age int, ALTER COLUMN name SET DATA TYPE varchar(10);
      ALTER TABLE users RENAME COLUMN name TO title;
      INSERT INTO users VALUES (3, 'c', 30)`);
    const [third] = await run.take(1);
    expect(values(third)).toEqual({ id: 3, title: "c", age: 30 });

    await database.sql(
      "ALTER TABLE users DROP COLUMN age; ALTER TABLE users ALTER title SET NOT NULL; INSERT INTO users VALUES (4, 'd')",
    );
    const [fourth] = await run.take(1);
    expect(values(fourth)).toEqual({ id: 4, title: "d" });
    expect(fourth?.valueSchema?.field("title")?.schema.optional).toBe(false);
    expect(third?.valueSchema?.field("title")?.schema.optional).toBe(true);
  });

  test("a table cannot be changed while it is read, only between", async () => {
    await createUsers(3000);
    const props = { ...incrementing(), "batch.max.rows": "100" };
    await using run = await startSource(JdbcSourceConnector, props);
    const records = await pollOnce(run.tasks[0]);
    const change = database.sql("ALTER TABLE users ALTER id TYPE bigint");
    records.push(...(await run.take(2900)));
    await change;
    expect(column(records, "id")).toEqual(series(1, 3000));
    await database.sql("INSERT INTO users VALUES (9007199254740993, 'big')");
    expect(column(await run.take(1), "id")).toEqual([9_007_199_254_740_993n]);
  });

  test("no transaction stays open between two readings", async () => {
    await createUsers(1);
    await using run = await startSource(JdbcSourceConnector, {
      ...incrementing(),
      "poll.interval.ms": "60000",
    });
    await run.take(1);
    await run.takeFor(100);
    const states = await database.sql(
      "SELECT state FROM pg_stat_activity WHERE application_name = 'millrace-jdbc-source' AND datname = current_database()",
    );
    expect(states.flat().filter((state) => state !== "idle")).toEqual([]);
  });
});
