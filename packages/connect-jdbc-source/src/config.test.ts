import { parseConfig, type Props, validateConfig } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG, granularityOf, modeOf, numericMappingOf, queryOf } from "./config.ts";

const parse = (given: Props) => parseConfig(CONFIG, given);
const props = { "connection.url": "jdbc:postgresql://db/shop", mode: "bulk" };

test("defaults are Java's", () => {
  expect(parse(props)).toMatchObject({
    "connection.attempts": 3,
    "connection.backoff.ms": 10_000,
    "table.whitelist": [],
    "incrementing.column.name": "",
    "validate.non.null": true,
    "poll.interval.ms": 5000,
    "batch.max.rows": 1000,
    "poll.linger.ms": 5000,
    "db.timezone": "UTC",
    "quote.sql.identifiers": "ALWAYS",
  });
});

test.each([
  ["mode", "sideways", "must be one of: .*bulk, incrementing, timestamp, timestamp\\+incrementing"],
  ["query", "DELETE FROM t", "Only SELECT"],
  ["query", "SELECTED", "Only SELECT"],
  ["table.include.list", "a(", "Not a regular expression"],
  ["incrementing.column.mapping", "id", "regex:column"],
  ["incrementing.column.mapping", ".*:[a|b]", "regex:column"],
  ["timestamp.columns.mapping", ".*:[]", "regex:\\[column"],
  ["timestamp.columns.mapping", "a(:[b]", "Not a regular expression"],
  ["table.types", "TABLES", "must be one of"],
  ["jdbc.credentials.provider.class", "x.Y", "connection\\.user"],
  ["timestamp.initial", "-2", "at least -1"],
  ["transaction.isolation.mode", "CHAOS", "must be one of"],
  ["topic.prefix", "a b", "only ASCII letters"],
  ["topic.prefix", "x".repeat(250), "max topic name length"],
  ["db.timezone", "Mars/Base", "Unknown time zone"],
  ["batch.max.rows", "0", "at least 1"],
  ["numeric.mapping", "some", "must be one of"],
  ["timestamp.granularity", "weeks", "must be one of"],
])("%s=%s is refused by name", (key, value, why) => {
  const found = validateConfig(CONFIG, { ...props, [key]: value }).find(({ name }) => name === key);
  expect(found?.errors).toEqual([
    expect.stringMatching(new RegExp(`configuration ${key}.*${why}`)),
  ]);
});

test("a missing mode is refused by name", () => {
  expect(() => modeOf({ mode: "" })).toThrow(/configuration mode: Set it/);
});

test("the deprecated precision mapping counts where numeric.mapping is not set", () => {
  const of = (more: object) => numericMappingOf(parse({ ...props, ...more }));
  expect(of({})).toBe("none");
  expect(of({ "numeric.precision.mapping": "true" })).toBe("precision_only");
  expect(of({ "numeric.precision.mapping": "true", "numeric.mapping": "BEST_FIT" })).toBe(
    "best_fit",
  );
});

test("granularities are named without regard to case", () => {
  expect(granularityOf(parse({ ...props, "timestamp.granularity": "MICROS_LONG" }))).toBe(
    "micros_long",
  );
});

test("a query may begin with blanks, in any case, and is no text to show when it is masked", () => {
  expect(queryOf(parse({ ...props, query: "  select 1" }))).toEqual({
    text: "select 1",
    masked: false,
  });
  expect(queryOf(parse({ ...props, "query.masked": "SELECT 2" }))).toEqual({
    text: "SELECT 2",
    masked: true,
  });
  expect(queryOf(parse(props))).toBeNull();
});
