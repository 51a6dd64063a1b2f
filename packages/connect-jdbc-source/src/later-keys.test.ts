import { expect, test } from "vitest";
import { laterKeys } from "./later-keys.ts";

test("keys that decide what is read are refused, those that tune are named", () => {
  const props = {
    query: "SELECT 1",
    "schema.pattern": "a%",
    "max.buffer.size": "10",
    mode: "bulk",
  };
  expect(laterKeys(props)).toEqual({
    refused: ["query", "schema.pattern"],
    ignored: ["max.buffer.size"],
  });
});

test("a key set to what happens anyway asks for nothing", () => {
  const props = {
    "table.types": "TABLE",
    "dialect.name": "PostgreSqlDatabaseDialect",
    "query.retry.attempts": "-1",
    "table.blacklist": " ",
  };
  expect(laterKeys(props)).toEqual({ refused: [], ignored: [] });
});
