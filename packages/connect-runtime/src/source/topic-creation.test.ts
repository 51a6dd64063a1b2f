import { expect, test } from "vitest";
import { TopicCreation } from "./topic-creation.ts";

const DEFAULT = {
  "topic.creation.default.partitions": "3",
  "topic.creation.default.replication.factor": "1",
};

test("without its keys, or where the worker forbids it, topics are left to the broker", () => {
  expect(TopicCreation.of({ topic: "t" }, {})).toBeUndefined();
  expect(TopicCreation.of(DEFAULT, { "topic.creation.enable": "false" })).toBeUndefined();
});

test("all topics are of the default group where there is no other", () => {
  const props = { ...DEFAULT, "topic.creation.default.cleanup.policy": "compact" };
  expect(TopicCreation.of(props, {})?.newTopic("t")).toEqual({
    name: "t",
    partitions: 3,
    replicationFactor: 1,
    configs: { "cleanup.policy": "compact" },
  });
});

test("a topic is of the first group that includes and does not exclude it", () => {
  const creation = TopicCreation.of(
    {
      ...DEFAULT,
      "topic.creation.default.retention.ms": "1",
      "topic.creation.groups": "a, b",
      "topic.creation.a.include": "x.*,y",
      "topic.creation.a.exclude": "x1",
      "topic.creation.a.partitions": "-1",
      "topic.creation.b.include": "x.*",
      "topic.creation.b.replication.factor": "2",
      "topic.creation.b.retention.ms": "7",
    },
    {},
  )!;
  const first = { partitions: -1, replicationFactor: 1, configs: {} };
  const second = { partitions: 3, replicationFactor: 2, configs: { "retention.ms": "7" } };
  const rest = { partitions: 3, replicationFactor: 1, configs: { "retention.ms": "1" } };
  expect(creation.newTopic("x2")).toEqual({ name: "x2", ...first });
  expect(creation.newTopic("y")).toEqual({ name: "y", ...first });
  expect(creation.newTopic("x1")).toEqual({ name: "x1", ...second });
  // Whole names are matched.
  expect(creation.newTopic("yy")).toEqual({ name: "yy", ...rest });
});

test.each([
  [{ "topic.creation.groups": "a" }, /Missing .*"topic\.creation\.default\.replication\.factor"/],
  [
    { "topic.creation.default.replication.factor": "1" },
    /Missing .*"topic\.creation\.default\.partitions"/,
  ],
  [
    { ...DEFAULT, "topic.creation.default.partitions": "x" },
    /topic\.creation\.default\.partitions/,
  ],
  [{ ...DEFAULT, "topic.creation.default.partitions": "0" }, /at least 1, or -1/],
  [
    { ...DEFAULT, "topic.creation.groups": "a", "topic.creation.a.partitions": "-2" },
    /topic\.creation\.a\.partitions.*at least 1, or -1/,
  ],
  [
    { ...DEFAULT, "topic.creation.groups": "a", "topic.creation.a.include": "ok,(" },
    /topic\.creation\.a\.include.*Syntax error.*Unclosed group/s,
  ],
])("%j is refused by the key", (props, message) => {
  expect(() => TopicCreation.of(props as Record<string, string>, {})).toThrow(message);
});
