import { validateConfig } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG, granularityOf, numericMappingOf, parseSourceConfig } from "./config.ts";

const props = { "connection.url": "jdbc:postgresql://db/shop", mode: "bulk" };

test("defaults are Java's", () => {
  expect(parseSourceConfig(props)).toMatchObject({
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
  ["mode", "timestamp", "not supported yet"],
  ["mode", "timestamp+incrementing", "not supported yet"],
  ["mode", "sideways", "must be one of: bulk, incrementing"],
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
  expect(() => parseSourceConfig({ "connection.url": "x" })).toThrow(/configuration mode: Set it/);
});

test("the deprecated precision mapping counts where numeric.mapping is not set", () => {
  const of = (more: object) => numericMappingOf(parseSourceConfig({ ...props, ...more }));
  expect(of({})).toBe("none");
  expect(of({ "numeric.precision.mapping": "true" })).toBe("precision_only");
  expect(of({ "numeric.precision.mapping": "true", "numeric.mapping": "BEST_FIT" })).toBe(
    "best_fit",
  );
});

test("granularities are named without regard to case", () => {
  expect(
    granularityOf(parseSourceConfig({ ...props, "timestamp.granularity": "MICROS_LONG" })),
  ).toBe("micros_long");
});
