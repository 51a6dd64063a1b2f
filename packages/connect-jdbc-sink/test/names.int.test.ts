import {
  Headers,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Records,
  rowOf,
  startJdbcSink,
  structOf,
  type TestDatabase,
  testDatabase,
} from "./support.ts";

const KEY = structOf({ shop: STRING_SCHEMA }, "key");
const ROW = structOf({ id: INT64_SCHEMA, kind: OPTIONAL_STRING_SCHEMA }, "com.example.Order");

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await database.sql(`CREATE SCHEMA "sales"`);
});
afterAll(() => database[Symbol.asyncDispose]());

async function put(topic: string, props: Props, kind = "k", headers?: Headers) {
  await using run = await startJdbcSink(database, { topics: topic, ...props });
  await run.put([
    new Records(topic).make({
      keySchema: KEY,
      key: rowOf(KEY, { shop: "north" }),
      valueSchema: ROW,
      value: rowOf(ROW, { id: 1, kind }),
      headers,
    }),
  ]);
  return run.reported.map(({ error }) => error.message);
}

const tables = async () =>
  (
    await database.sql(
      "SELECT table_schema || '|' || table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
    )
  ).flat();

describe("a table's name", () => {
  test.each<[string, string, Props, string]>([
    ["the topic", "plain", {}, "public|plain"],
    ["dots part schema and table", "sales.orders", {}, "sales|orders"],
    [
      "but not within quotes",
      "sales.quoted",
      { "table.name.format": '"${topic}"' },
      "public|sales.quoted",
    ],
    ["a fixed schema", "t1", { "table.name.format": "sales.${topic}" }, "sales|t1"],
    ["of the key", "t2", { "table.name.format": "by_${key.shop}" }, "public|by_north"],
    ["of the value", "t3", { "table.name.format": "${value.kind}_${partition}" }, "public|k_0"],
    [
      "the schema's name, which is no path",
      "t4",
      { "table.name.format": "${schema}" },
      "public|com.example.Order",
    ],
    ["Aiven's mapping", "t5", { "topics.to.tables.mapping": "t5:sales.mapped" }, "sales|mapped"],
    ["Aiven's normalizing", "a-b c", { "table.name.normalize": "true" }, "public|a_b_c"],
    ["by topic", "a.b", { "topic.override.a.b.table.name.format": "own" }, "public|own"],
    ["reserved", "select", {}, "public|select"],
    ["of other letters", "größe 訂單", {}, "public|größe 訂單"],
  ])("%s", async (_what, topic, props, expected) => {
    expect(await put(topic, props)).toEqual([]);
    expect(await tables()).toContain(expected);
  });

  test("of a header", async () => {
    const headers = new Headers();
    headers.addString("to", "headed");
    expect(await put("t6", { "table.name.format": "${header.to}" }, "k", headers)).toEqual([]);
    expect(await tables()).toContain("public|headed");
  });

  test("that cannot be told is the record's fault", async () => {
    expect(await put("t7", { "table.name.format": "${header.none}" })).toEqual([
      expect.stringMatching(
        /t7-0@0: The name of the table cannot be told: there is no header none/,
      ),
    ]);
  });
});

describe("SQL injection", () => {
  const HOSTILE = [
    'x"; DROP TABLE victim; --',
    "x'); DROP TABLE victim; --",
    'x" (id int); DROP TABLE victim; CREATE TABLE "y',
    "x`; DROP TABLE victim; --",
    "$1::text); DROP TABLE victim; --",
    "\\'; DROP TABLE victim; --",
  ];

  beforeAll(async () => {
    await database.sql("CREATE TABLE victim (id int)");
  });

  test.each(HOSTILE)("by the topic %s", async (topic) => {
    await put(topic, { "table.name.format": '"${topic}"' });
    await put(topic, {});
    expect(await tables()).toContain("public|victim");
  });

  test.each(HOSTILE)("by a value in the table's name: %s", async (kind) => {
    expect(await put("t", { "table.name.format": "${value.kind}" }, kind)).toEqual([]);
    expect(await tables()).toContain(`public|${kind}`);
    expect(await tables()).toContain("public|victim");
  });

  test.each(HOSTILE)("by names of fields, their values and defaults: %s", async (name) => {
    const withDefault = structOf({ id: INT64_SCHEMA, [name]: OPTIONAL_STRING_SCHEMA });
    await using run = await startJdbcSink(database, {
      "insert.mode": "upsert",
      "pk.mode": "record_value",
      "pk.fields": "id",
      "table.name.format": `"fields of ${name.replaceAll('"', "").replaceAll(".", "")}"`,
    });
    await run.put([
      new Records().make({
        valueSchema: withDefault,
        value: rowOf(withDefault, { id: 1, [name]: name }),
      }),
    ]);
    expect(run.reported).toEqual([]);
    expect(await tables()).toContain("public|victim");
  });

  test("without quotes such names are refused, not sent", async () => {
    const messages = await put('x"; DROP TABLE victim; --', {
      "quote.sql.identifiers": "never",
      "table.name.format": "${topic}",
    });
    expect(messages).toEqual([expect.stringMatching(/cannot be written without quotes/)]);
    expect(await tables()).toContain("public|victim");
  });
});
