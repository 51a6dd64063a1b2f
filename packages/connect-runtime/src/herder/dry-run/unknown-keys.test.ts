import { expect, test } from "vitest";
import type { ConfigInfos } from "../config-infos.ts";
import { unknownKeys } from "./unknown-keys.ts";

function infos(...names: readonly string[]): ConfigInfos {
  return {
    name: "C",
    error_count: 0,
    groups: [],
    configs: names.map((name) => ({
      definition: null,
      value: { name, value: null, recommended_values: [], errors: [], visible: true },
    })),
  };
}

const KNOWN = infos(
  "name",
  "topics",
  "tasks.max",
  "file",
  "key.converter",
  "topic.creation.groups",
);

function judge(props: Record<string, string>, type: "source" | "sink" = "sink") {
  return unknownKeys(props, KNOWN, type);
}

test("known keys are not told of, nor are those that only this worker has", () => {
  expect(judge({ name: "a", topics: "t", "errors.put.isolate": "true" })).toEqual([]);
  expect(judge({ "errors.put.isolate": "true" }, "source")).toHaveLength(1);
});

test("a mistyped key is told of with the one that may be meant", () => {
  expect(judge({ "task.max": "1", qwertyuiop: "1" })).toEqual([
    { key: "qwertyuiop", nearest: null },
    { key: "task.max", nearest: "tasks.max" },
  ]);
});

test("settings of Kafka clients are compared with those of that client", () => {
  const known = { "producer.override.acks": "1", "consumer.override.max.poll.records": "1" };
  expect(judge(known)).toEqual([]);
  expect(judge({ "consumer.override.max.pol.records": "1" })).toEqual([
    {
      key: "consumer.override.max.pol.records",
      nearest: "consumer.override.max.poll.records",
    },
  ]);
});

test("settings of a converter have no effect without it", () => {
  const key = "value.converter.schemas.enable";
  expect(judge({ [key]: "false" })).toEqual([
    { key, nearest: null, note: expect.stringContaining("without value.converter") },
  ]);
  const named = { "key.converter": "Json", "key.converter.schema.enable": "false" };
  expect(judge(named)).toEqual([{ key: "key.converter.schema.enable", nearest: null }]);
});

test("topics may have any settings, in groups that are there", () => {
  const props = { "topic.creation.groups": "big", "topic.creation.big.retention.ms": "1" };
  expect(judge(props)).toEqual([]);
  expect(judge({ ...props, "topic.creation.bgi.retention.ms": "1" })).toEqual([
    {
      key: "topic.creation.bgi.retention.ms",
      nearest: "topic.creation.big.retention.ms",
      note: "topic.creation.groups has no group bgi",
    },
  ]);
});

test("a connector has no config providers of its own", () => {
  expect(judge({ "config.providers": "env" })).toMatchObject([{ nearest: null }]);
});
