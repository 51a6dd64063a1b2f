import { expect, test } from "vitest";
import { configProblems, parseSinkConfig, topicOverrides } from "./config.ts";
import { quotingOf, temporalOptions } from "./settings.ts";

const URL = { "connection.url": "jdbc:postgresql://localhost/db" };
const problems = (props: Record<string, string>) =>
  configProblems(parseSinkConfig({ ...URL, ...props })).map(({ key }) => key);

test("Confluent's defaults", () => {
  expect(parseSinkConfig(URL)).toMatchObject({
    "insert.mode": "insert",
    "batch.size": 3000,
    "delete.enabled": false,
    "table.types": ["TABLE"],
    "table.name.format": "${topic}",
    "pk.mode": "none",
    "auto.create": false,
    "auto.evolve": false,
    "max.retries": 10,
    "retry.backoff.ms": 3000,
    "replace.null.with.default": true,
    "string.output.value.column.name": "record_value",
    "trim.sensitive.log": false,
  });
});

test.each([
  [{ "insert.mode": "UPSERT", "pk.mode": "RECORD_KEY" }, []],
  [{ "delete.enabled": "true" }, ["delete.enabled"]],
  [
    { "delete.enabled": "true", "pk.mode": "record_value", "insert.mode": "upsert" },
    ["delete.enabled"],
  ],
  [{ "delete.enabled": "true", "pk.mode": "record_key" }, []],
  [{ "insert.mode": "upsert" }, ["pk.mode"]],
  [{ "insert.mode": "update" }, ["pk.mode"]],
  [{ "pk.mode": "kafka", "pk.fields": "a,b" }, ["pk.fields"]],
  [{ "pk.mode": "kafka", "pk.fields": "a,b,c" }, []],
  [{ "topics.to.tables.mapping": "a:b,c" }, ["topics.to.tables.mapping"]],
] as const)("%j", (props, keys) => {
  expect(problems(props)).toEqual(keys);
});

test.each([
  ["insert.mode", "merge"],
  ["pk.mode", "key"],
  ["table.name.format", "${nothing}"],
  ["table.name.format", ""],
  ["db.timezone", "Mars/Olympus"],
  ["batch.size", "-1"],
  ["table.types", "SEQUENCE"],
  ["value.format", "avro"],
])("%s=%s is refused, and named", (key, value) => {
  expect(() => parseSinkConfig({ ...URL, [key]: value })).toThrow(key);
});

test("overrides by topic, whose names may have dots and the like of keys", () => {
  const overrides = topicOverrides({
    "topic.override.a.b.pk.mode": "kafka",
    "topic.override.a.b.pk.fields": "x,y,z",
    "topic.override.pk.mode.auto.create": "true",
    topics: "a.b",
  });
  expect([...overrides]).toEqual([
    ["a.b", { "pk.mode": "kafka", "pk.fields": "x,y,z" }],
    ["pk.mode", { "auto.create": "true" }],
  ]);
  expect(() => topicOverrides({ "topic.override.a.connection.url": "x" })).toThrow(
    /topic.override.a.connection.url.*By topic can be set/,
  );
});

test.each([
  [{}, "always"],
  [{ "quote.sql.identifiers": "NEVER" }, "never"],
  [{ "sql.quote.identifiers": "false" }, "never"],
  [{ "sql.quote.identifiers": "true", "quote.sql.identifiers": "never" }, "always"],
] as const)("identifiers are quoted by %j: %s", (props, expected) => {
  expect(quotingOf(parseSinkConfig({ ...URL, ...props }))).toBe(expected);
});

test("a date is one of db.timezone, unless date.timezone says UTC", () => {
  const zone = { ...URL, "db.timezone": "Asia/Tokyo" };
  expect(temporalOptions(parseSinkConfig(zone)).dateZone.name).toBe("Asia/Tokyo");
  const utc = parseSinkConfig({ ...zone, "date.timezone": "UTC" });
  expect(temporalOptions(utc).dateZone.name).toBe("UTC");
});
