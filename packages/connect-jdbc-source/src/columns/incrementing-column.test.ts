import {
  decimalSchema,
  INT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG } from "../config.ts";
import { incrementingColumn } from "./incrementing-column.ts";

const origin = { table: { catalog: null, schema: "public", name: "users" } };

const config = (name: string, validates: boolean, more: Props = {}) =>
  parseConfig(CONFIG, {
    "incrementing.column.name": name,
    "validate.non.null": String(validates),
    ...more,
  });

const columns = [
  { name: "Id", type: "integer", schema: INT64_SCHEMA, autoIncrement: false, isTimestamp: false },
  {
    name: "seq",
    type: "bigint",
    schema: OPTIONAL_INT32_SCHEMA,
    autoIncrement: true,
    isTimestamp: false,
  },
  {
    name: "price",
    type: "numeric(10,2)",
    schema: decimalSchema(2),
    autoIncrement: false,
    isTimestamp: false,
  },
  { name: "tags", type: "text[]", schema: undefined, autoIncrement: false, isTimestamp: false },
];

test.each([
  ["Id", "Id"],
  ["id", "Id"],
])("the column %s is found as %s", (configured, found) => {
  expect(incrementingColumn(origin, columns, config(configured, true))).toBe(found);
});

test("without a name it is the first that is filled from a sequence", () => {
  expect(incrementingColumn(origin, columns, config("", false))).toBe("seq");
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
  expect(() => incrementingColumn(origin, columns, config(configured, true))).toThrow(message);
});

test("a table without a sequence needs a name", () => {
  expect(() => incrementingColumn(origin, columns.slice(0, 1), config("", true))).toThrow(
    /name the incrementing column/,
  );
});

test("names that differ by case alone are not guessed", () => {
  const both = columns.flatMap((column) => [
    column,
    { ...column, name: column.name.toUpperCase() },
  ]);
  expect(() => incrementingColumn(origin, both, config("id", true))).toThrow(/does not exist/);
});

test("a query's column may be nullable for all that is known", () => {
  expect(incrementingColumn({ query: "SELECT 1" }, columns, config("seq", true))).toBe("seq");
});

test("the mapping whose regular expression a table's name matches names its column", () => {
  const mapped = (mapping: string) =>
    incrementingColumn(
      origin,
      columns,
      config("", false, { "incrementing.column.mapping": mapping }),
    );
  expect(mapped("public\\.u.*:Id,old\\..*:seq")).toBe("Id");
  expect(mapped("old\\..*:Id")).toBe("seq");
  expect(() => mapped(".*:Id,public.*:seq")).toThrow(
    /incrementing\.column\.mapping.*one of them only/,
  );
  expect(() => mapped(".*:none")).toThrow(/configuration incrementing\.column\.mapping.*not exist/);
});
