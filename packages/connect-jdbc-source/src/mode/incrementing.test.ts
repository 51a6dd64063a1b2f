import { Decimal, decimalSchema, INT64_SCHEMA, Schema, STRING_SCHEMA } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { findDialect } from "@millrace/jdbc-dialects";
import { offsetPartition } from "../offset.ts";
import { Statements } from "../statement.ts";
import { IncrementingMode } from "./incrementing.ts";

const origin = { table: { catalog: null, schema: "public", name: "users" } };
const partition = offsetPartition(origin);
const destination = {
  what: "table public.users",
  topic: "t-users",
  schemaName: "users",
  partition,
};
const statements = new Statements(findDialect("jdbc:postgresql://db/shop"), origin, "always", "");

function mode(idSchema: Schema, last = -1n, pageRows = 0) {
  const fields = [
    { name: "name", schema: STRING_SCHEMA },
    { name: "id", schema: idSchema },
  ];
  const incrementing = new IncrementingMode(destination, statements, "id", last, pageRows);
  incrementing.prepare(fields);
  return { incrementing, schema: new Schema({ type: "STRUCT", name: "users", fields }) };
}

const batch = (id: unknown) => ({ rows: [["a", id]], instants: [] });

test("each record carries its own offset, and the next selection starts behind the last", async () => {
  const { incrementing, schema } = mode(INT64_SCHEMA);
  const big = 2n ** 53n + 1n;
  const rows = [
    ["a", 7],
    ["b", big],
  ];
  const records = incrementing.records({ rows, instants: [] }, schema);
  expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([
    { incrementing: 7 },
    { incrementing: big },
  ]);
  expect(records[0]).toMatchObject({
    topic: "t-users",
    key: null,
    kafkaPartition: null,
    sourcePartition: { protocol: "1", table: "public.users" },
    valueSchema: schema,
  });
  expect(records[0]?.sourcePartition).toBe(records[1]?.sourcePartition);
  expect(await incrementing.selection()).toMatchObject({
    origin,
    sql: 'SELECT * FROM "public"."users" WHERE "id" > $1 ORDER BY "id" ASC',
    parameters: [big],
  });
});

test("no rows move nothing", async () => {
  const { incrementing, schema } = mode(INT64_SCHEMA, 5n);
  expect(incrementing.records({ rows: [], instants: [] }, schema)).toEqual([]);
  expect((await incrementing.selection()).parameters).toEqual([5n]);
});

test("a Decimal without fraction gives a whole offset", () => {
  const { incrementing, schema } = mode(decimalSchema(0));
  const records = incrementing.records(batch(new Decimal(42n, 0)), schema);
  expect(records[0]?.sourceOffset).toEqual({ incrementing: 42 });
});

test("a Decimal beyond int64 is refused", () => {
  const { incrementing, schema } = mode(decimalSchema(0));
  expect(() => incrementing.records(batch(new Decimal(2n ** 63n, 0)), schema)).toThrow(
    /9223372036854775808.*public|public.*9223372036854775808/,
  );
});

test("a column that stops to be a whole number is refused", () => {
  expect(() => mode(STRING_SCHEMA)).toThrow(/incrementing\.column\.name/);
});

test("a row without a value is refused", () => {
  const { incrementing, schema } = mode(INT64_SCHEMA);
  expect(() => incrementing.records(batch(null), schema)).toThrow(/"id".*null in a row/);
});

test("a full page is followed by another, one that is not by none", async () => {
  const { incrementing, schema } = mode(INT64_SCHEMA, -1n, 2);
  expect((await incrementing.selection()).sql).toMatch(/ORDER BY "id" ASC LIMIT 2$/);
  incrementing.records(batch(1), schema);
  incrementing.records(batch(2), schema);
  incrementing.finish();
  expect(incrementing.hasMore).toBe(true);
  await incrementing.selection();
  incrementing.records(batch(3), schema);
  incrementing.finish();
  expect(incrementing.hasMore).toBe(false);
});
