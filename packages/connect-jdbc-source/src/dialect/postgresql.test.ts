import { expect, test } from "vitest";
import { POSTGRESQL } from "./postgresql.ts";

const table = { schema: "public", name: "users" };

test("the statements are Java's", () => {
  expect(POSTGRESQL.selectStatement({ table }, "always")).toBe('SELECT * FROM "public"."users"');
  expect(POSTGRESQL.selectStatement({ table, after: { column: "Id", value: 5n } }, "always")).toBe(
    'SELECT * FROM "public"."users" WHERE "Id" > $1 ORDER BY "Id" ASC',
  );
  expect(POSTGRESQL.selectStatement({ table, after: { column: "id", value: 5n } }, "never")).toBe(
    "SELECT * FROM public.users WHERE id > $1 ORDER BY id ASC",
  );
});

test("a name cannot leave its quotes", () => {
  const hostile = { schema: 'a"b', name: 'x"; DROP TABLE users; --' };
  expect(POSTGRESQL.quoteTable(hostile, "always")).toBe('"a""b"."x""; DROP TABLE users; --"');
});

test.each(["Users", "a b", 'x"; --', "1a", "ünder"])(
  "without quotes the name %j is refused, not sent",
  (name) => {
    expect(() => POSTGRESQL.quoteTable({ schema: "public", name }, "never")).toThrow(
      /quote\.sql\.identifiers/,
    );
  },
);

test.each([
  ['"public"."users"', table],
  ["public.users", table],
  ["users", table],
])("the table of a task's configuration: %s", (text, expected) => {
  expect(POSTGRESQL.parseTable(text)).toEqual(expected);
});
