import { expect, test } from "vitest";
import { checkKeys } from "./check-keys.ts";

const GOOD = {
  "database.hostname": "db",
  "database.user": "u",
  "database.dbname": "d",
  "topic.prefix": "p",
};

function problemsOf(props: Record<string, string>): Record<string, readonly string[]> {
  return Object.fromEntries(
    checkKeys({ ...GOOD, ...props })
      .filter(({ errors }) => errors.length > 0)
      .map(({ name, errors }) => [
        name,
        errors.map((error) => error.replace(`The '${name}' value is invalid: `, "")),
      ]),
  );
}

const INTEGER = "An integer is expected";
const LONG = "A long value is expected";
const PATTERNS = "A comma-separated list of valid regular expressions is expected, but ";

// What Debezium 3.7 has answered.
test.each<[Record<string, string>, Record<string, string[]>]>([
  [{}, {}],
  [{ "database.port": "99999999999" }, { "database.port": [INTEGER, INTEGER] }],
  [{ "database.port": "+5" }, {}],
  [{ "database.port": " 7 " }, { "database.port": [INTEGER, INTEGER] }],
  [{ "database.query.timeout.ms": "1.5" }, { "database.query.timeout.ms": [INTEGER] }],
  [{ "tombstones.on.delete": " True " }, {}],
  [
    { "provide.transaction.metadata": "yes" },
    { "provide.transaction.metadata": ["Either 'true' or 'false' is expected"] },
  ],
  [{ "decimal.handling.mode": " PRECISE " }, {}],
  [{ "hstore.handling.mode": "" }, { "hstore.handling.mode": ["Value must be one of json, map"] }],
  [
    { "topic.prefix": "" },
    {
      "topic.prefix": [
        "A value is required",
        " has invalid format (only the underscore, hyphen, dot and alphanumeric characters are allowed)",
      ],
    },
  ],
  [{ "database.hostname": "" }, { "database.hostname": ["A value is required"] }],
  [
    { "poll.interval.ms": "3000000000" },
    { "poll.interval.ms": ["A positive, non-zero integer value is expected"] },
  ],
  [
    { "max.queue.size.in.bytes": "9223372036854775808" },
    { "max.queue.size.in.bytes": [LONG, "A non-negative long value is expected"] },
  ],
  [
    { "max.queue.size": "20", "max.batch.size": "20" },
    { "max.queue.size": ["Must be larger than the maximum batch size"] },
  ],
  [
    { "max.batch.size": "9000" },
    { "max.queue.size": ["Must be larger than the maximum batch size"] },
  ],
  [
    { "table.include.list": "a,[,(" },
    {
      "table.include.list": [
        `${PATTERNS}Unclosed character class near index 0\n[\n^`,
        `${PATTERNS}Unclosed character class near index 0\n[\n^`,
      ],
    },
  ],
  [
    { "table.include.list": "a", "table.exclude.list": "" },
    { "table.exclude.list": ['"table.include.list" is already specified'] },
  ],
  [{ "skipped.operations": " c , u" }, {}],
  [{ "skipped.operations": "c,,u" }, { "skipped.operations": ["Invalid operation"] }],
  [
    { "skipped.operations": "c,none" },
    {
      "skipped.operations": ["'none' cannot be specified with other skipped operation types"],
    },
  ],
  [
    { "snapshot.mode": "custom" },
    {
      "snapshot.mode.custom.name": [
        "snapshot.mode.custom.name cannot be empty when snapshot.mode 'custom' is defined",
      ],
    },
  ],
  [
    { "message.key.columns": "a.b:c;d" },
    {
      "message.key.columns": [
        String.raw`d has an invalid format (expecting '^\s*([^:]+):([^:,]+(,[^:,]+)*)\s*$')`,
      ],
    },
  ],
  [{ "message.key.columns": "a.b:c;" }, {}],
  [{ "replica.identity.autoset.values": "a.b:full,c.d:index i" }, {}],
  [{ "topic.naming.strategy": "a.b$c" }, {}],
  [
    { "sourceinfo.struct.maker": "-" },
    { "sourceinfo.struct.maker": ["A Java class name is expected"] },
  ],
  [
    { "signal.data.collection": "a.b,c.d" },
    {
      "signal.data.collection": [
        "For single task connector only one signal data collection is permitted.",
      ],
    },
  ],
  [
    { "notification.enabled.channels": "log, sink" },
    {
      "notification.sink.topic.name": [
        "Notification topic name must be provided when kafka notification channel is enabled",
      ],
    },
  ],
  [{ "custom.metric.tags": "a=b,c=d" }, {}],
  [
    { "custom.metric.tags": "a=b,c" },
    {
      "custom.metric.tags": [
        "A equivalent-separated map of valid key/value pairs is expected, for example: k1=v1,k2=v2",
      ],
    },
  ],
  [
    { "slot.name": "Abc" },
    {
      "slot.name": [
        "Valid replication slot name must contain only digits, lowercase characters and underscores with length <= 63",
      ],
    },
  ],
])("%j", (props, problems) => {
  expect(problemsOf(props)).toEqual(problems);
});
