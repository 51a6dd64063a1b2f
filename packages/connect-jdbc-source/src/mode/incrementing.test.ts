import {
  Decimal,
  decimalSchema,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  Schema,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { incrementingColumn } from "./incrementing-column.ts";
import { IncrementingMode } from "./incrementing.ts";

const table = { schema: "public", name: "users" };
const destination = { table, topic: "t-users" };

function mode(idSchema: Schema, last = -1n) {
  const fields = [
    { name: "name", schema: STRING_SCHEMA },
    { name: "id", schema: idSchema },
  ];
  const incrementing = new IncrementingMode(destination, "id", last);
  incrementing.prepare(fields);
  return { incrementing, schema: new Schema({ type: "STRUCT", name: "users", fields }) };
}

test("each record carries its own offset, and the next selection starts behind the last", () => {
  const { incrementing, schema } = mode(INT64_SCHEMA);
  const big = 2n ** 53n + 1n;
  const records = incrementing.records(
    [
      ["a", 7],
      ["b", big],
    ],
    schema,
  );
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
  expect(incrementing.selection()).toEqual({ table, after: { column: "id", value: big } });
});

test("no rows move nothing", () => {
  const { incrementing, schema } = mode(INT64_SCHEMA, 5n);
  expect(incrementing.records([], schema)).toEqual([]);
  expect(incrementing.selection().after?.value).toBe(5n);
});

test("a Decimal without fraction gives a whole offset", () => {
  const { incrementing, schema } = mode(decimalSchema(0));
  const records = incrementing.records([["a", new Decimal(42n, 0)]], schema);
  expect(records[0]?.sourceOffset).toEqual({ incrementing: 42 });
});

test("a Decimal beyond int64 is refused", () => {
  const { incrementing, schema } = mode(decimalSchema(0));
  const rows = [["a", new Decimal(2n ** 63n, 0)]];
  expect(() => incrementing.records(rows, schema)).toThrow(
    /9223372036854775808.*public|public.*9223372036854775808/,
  );
});

test("a column that stops to be a whole number is refused", () => {
  expect(() => mode(STRING_SCHEMA)).toThrow(/incrementing\.column\.name/);
});

const columns = [
  { name: "Id", type: "integer", schema: INT64_SCHEMA, autoIncrement: false },
  { name: "seq", type: "bigint", schema: OPTIONAL_INT32_SCHEMA, autoIncrement: true },
  { name: "price", type: "numeric(10,2)", schema: decimalSchema(2), autoIncrement: false },
  { name: "tags", type: "text[]", schema: undefined, autoIncrement: false },
];

test.each([
  ["Id", "Id"],
  ["id", "Id"],
])("the column %s is found as %s", (configured, found) => {
  expect(incrementingColumn(table, columns, configured, true)).toBe(found);
});

test("without a name it is the first that is filled from a sequence", () => {
  expect(incrementingColumn(table, columns, "", false)).toBe("seq");
});

test.each([
  [
    "none",
    /configuration incrementing\.column\.name: .*does not exist in table public\.users; it has Id, seq/,
  ],
  ["price", /type numeric\(10,2\)/],
  ["tags", /type text\[\]/],
  ["seq", /nullable.*validate\.non\.null/],
])("the column %s is refused with the remedy", (configured, message) => {
  expect(() => incrementingColumn(table, columns, configured, true)).toThrow(message);
});

test("a table without a sequence needs a name", () => {
  expect(() => incrementingColumn(table, columns.slice(0, 1), "", true)).toThrow(
    /name the incrementing column/,
  );
});

test("names that differ by case alone are not guessed", () => {
  const both = columns.flatMap((column) => [
    column,
    { ...column, name: column.name.toUpperCase() },
  ]);
  expect(() => incrementingColumn(table, both, "id", true)).toThrow(/does not exist/);
});
