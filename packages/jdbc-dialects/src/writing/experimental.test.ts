import {
  BYTES_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  INT32_SCHEMA,
  INT64_SCHEMA,
  type Schema,
  STRING_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { ORACLE_WRITING } from "../oracle/writing.ts";
import type { DriverValue, Session } from "../session.ts";
import { SQLSERVER_WRITING } from "../sqlserver/writing.ts";
import { TimeZone } from "../time-zone.ts";
import { kindOf } from "./kind.ts";
import type { RowColumn, WriteMode, Writing } from "./writing.ts";

// What is not tried on a server in every run: what is sent, by statement and values.

type Row = Readonly<Record<string, unknown>>;

const OPTIONS = {
  quoting: "always" as const,
  temporal: { timeZone: TimeZone.UTC, dateZone: TimeZone.UTC, calendar: "LEGACY" as const },
  holdLock: true,
};

function column(name: string, schema: Schema, type: string, isKey = false): RowColumn<Row> {
  return {
    column: { name, type, nullable: !isKey, zoned: false },
    schema,
    kind: kindOf(schema),
    isKey,
    read: (row) => row[name],
  };
}

const COLUMNS = [
  column("id", INT64_SCHEMA, "bigint", true),
  column("n'a]m\"e", STRING_SCHEMA, "nvarchar(max)"),
  column("price", decimalSchema(2), "decimal(10,2)"),
  column("day", DATE_SCHEMA, "date"),
  column("at", TIMESTAMP_SCHEMA, "datetime2"),
  column("raw", BYTES_SCHEMA, "varbinary(max)"),
];

const ROWS: readonly Row[] = [
  {
    id: 9_007_199_254_740_993n,
    "n'a]m\"e": `it's "x"; DROP TABLE t --`,
    price: Decimal.parse("-1.50"),
    day: new Date("2024-02-29T00:00:00Z"),
    at: new Date("2024-02-29T12:00:00.123Z"),
    raw: Buffer.from([0, 255]),
  },
  { id: 2 },
];

async function sent(writing: Writing, mode: WriteMode) {
  const calls: (readonly [sql: string, values: unknown])[] = [];
  const session = {
    execute: (sql: string, values: readonly DriverValue[]) =>
      Promise.resolve(calls.push([sql, values])),
    executeMany: (sql: string, rows: unknown) => {
      calls.push([sql, rows]);
      return Promise.resolve();
    },
  } as unknown as Session;
  const table = {
    table: { catalog: null, schema: "s", name: 't"]; DROP' },
    type: "TABLE" as const,
    columns: [],
  };
  const columns = COLUMNS.filter(({ isKey }) => isKey || mode !== "delete");
  await writing.prepare({ mode, table, columns }, OPTIONS).run(session, ROWS);
  return calls;
}

test("SQL Server gets all rows as one JSON text", async () => {
  const [[sql, values] = []] = await sent(SQLSERVER_WRITING, "upsert");
  expect(sql).toBe(
    "MERGE INTO [s].[t\"]]; DROP] WITH (HOLDLOCK) AS target USING (SELECT [id],[n'a]]m\"e],[price],[day],[at],[raw] FROM OPENJSON(@p1) WITH ([id] bigint '$[0]',[n'a]]m\"e] nvarchar(max) '$[1]',[price] decimal(10,2) '$[2]',[day] date '$[3]',[at] datetime2 '$[4]',[raw] varbinary(max) '$[5]')) AS incoming ON (target.[id]=incoming.[id]) WHEN MATCHED THEN UPDATE SET target.[n'a]]m\"e]=incoming.[n'a]]m\"e],target.[price]=incoming.[price],target.[day]=incoming.[day],target.[at]=incoming.[at],target.[raw]=incoming.[raw] WHEN NOT MATCHED THEN INSERT ([id],[n'a]]m\"e],[price],[day],[at],[raw]) VALUES (incoming.[id],incoming.[n'a]]m\"e],incoming.[price],incoming.[day],incoming.[at],incoming.[raw]);",
  );
  expect(values).toEqual([
    `[[9007199254740993,"it's \\"x\\"; DROP TABLE t --","-1.50","2024-02-29","2024-02-29 12:00:00.123","AP8="],[2,null,null,null,null,null]]`,
  ]);
});

test("SQL Server's update and delete join the rows", async () => {
  const [[update] = []] = await sent(SQLSERVER_WRITING, "update");
  expect(update).toMatch(
    /^UPDATE target SET target\.\[n'a]]m"e]=.* FROM \[s]\.\[t"]]; DROP] AS target JOIN \(/,
  );
  const [[remove, values] = []] = await sent(SQLSERVER_WRITING, "delete");
  expect(remove).toMatch(/^DELETE target FROM .* ON target\.\[id]=incoming\.\[id]$/);
  expect(values).toEqual(["[[9007199254740993],[2]]"]);
});

test("Oracle gets all rows for one statement, and says how texts are to be read", async () => {
  const [[sql, rows] = []] = await sent(ORACLE_WRITING, "upsert");
  expect(sql).toMatch(
    /^MERGE INTO "s"\."t""\]; DROP" USING \(SELECT TO_NUMBER\(:1\) "id",:2 "n'a]m""e",TO_NUMBER\(:3, '9+D9+', /,
  );
  expect(sql).toContain(
    `TO_DATE(:4, 'SYYYY-MM-DD') "day",TO_TIMESTAMP(:5, 'SYYYY-MM-DD HH24:MI:SS.FF') "at",:6 "raw" FROM dual)`,
  );
  expect(rows).toEqual([
    [
      "9007199254740993",
      `it's "x"; DROP TABLE t --`,
      "-1.50",
      "2024-02-29",
      "2024-02-29 12:00:00.123",
      Buffer.from([0, 255]),
    ],
    ["2", null, null, null, null, null],
  ]);
});

test("Oracle counts placeholders as they stand: an update's keys come last", async () => {
  const [[sql, rows] = []] = await sent(ORACLE_WRITING, "update");
  expect(sql).toMatch(/SET "n'a]m""e"=:1,.*,"raw"=:5 WHERE "id"=TO_NUMBER\(:6\)$/);
  expect((rows as unknown[][])[1]).toEqual([null, null, null, null, null, "2"]);
  const [[remove] = []] = await sent(ORACLE_WRITING, "delete");
  expect(remove).toBe('DELETE FROM "s"."t""]; DROP" WHERE "id"=TO_NUMBER(:1)');
});

test.each([
  [
    SQLSERVER_WRITING,
    "CREATE TABLE [t] (\n[id] int NOT NULL,\n[s] nvarchar(max) DEFAULT N'it''s',\nPRIMARY KEY([id]))",
    "ALTER TABLE [t] ADD [id] int NOT NULL,\n[s] nvarchar(max) DEFAULT N'it''s'",
  ],
  [
    ORACLE_WRITING,
    'CREATE TABLE "t" (\n"id" NUMBER(10,0) NOT NULL,\n"s" CLOB DEFAULT \'it\'\'s\',\nPRIMARY KEY("id"))',
    'ALTER TABLE "t" ADD(\n"id" NUMBER(10,0) NOT NULL,\n"s" CLOB DEFAULT \'it\'\'s\')',
  ],
])("tables are made and extended", (writing, made, extended) => {
  const table = { catalog: null, schema: null, name: "t" };
  const columns = [
    { name: "id", kind: kindOf(INT32_SCHEMA), isKey: true, optional: false, defaultValue: null },
    { name: "s", kind: kindOf(STRING_SCHEMA), isKey: false, optional: true, defaultValue: "it's" },
  ];
  expect(writing.createTable(table, columns, "always")).toBe(made);
  expect(writing.addColumns(table, columns, "always")).toEqual([extended]);
});
