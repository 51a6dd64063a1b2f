import type { Props } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import type { RawProps } from "../src/config/raw-props.ts";
import { validateConnector } from "../src/herder/validate.ts";
import { PluginRegistry } from "../src/plugins/registry.ts";
import { scanPlugins } from "../src/plugins/scan.ts";
import { RECORDED_PLUGINS } from "./support/worker-under-test.ts";

const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const WORKER = { "key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER };
const SOURCE = { name: "a", "connector.class": "FileStreamSource", topic: "t", file: "/in.txt" };
const SINK = { name: "a", "connector.class": "FileStreamSink", topics: "t" };

async function validate(props: RawProps, worker: Props = {}) {
  const { plugins } = await scanPlugins([RECORDED_PLUGINS]);
  const registry = new PluginRegistry(plugins.filter((p) => p.package === "recorded-plugins"));
  return validateConnector(props, registry, { ...WORKER, ...worker });
}

async function errors(props: RawProps, worker: Props = {}): Promise<string[]> {
  const { configs, error_count: count } = await validate(props, worker);
  const found = configs.flatMap(({ value }) => value.errors.map((e) => `${value.name}: ${e}`));
  expect(count).toBe(found.length);
  return found;
}

describe("validation", () => {
  test.each<[string, Props, Props, RegExp[]]>([
    ["nothing wrong", SOURCE, {}, []],
    [
      "a sink that reads its dead letters by pattern",
      {
        name: "a",
        "connector.class": "FileStreamSink",
        "topics.regex": "d.*",
        "errors.deadletterqueue.topic.name": "dlq",
      },
      {},
      [/^topics.regex: The DLQ topic 'dlq' may not be included in the regex/],
    ],
    [
      "a sink in the workers' group",
      { ...SINK, name: "x" },
      { "group.id": "connect-x" },
      [/^name: .*group/],
    ],
    [
      "duplicate transforms",
      { ...SOURCE, transforms: "a,a" },
      {},
      [/^transforms: .*Duplicate alias/, /^transforms.a.type: Missing/],
    ],
    [
      "negate without a predicate",
      {
        ...SOURCE,
        transforms: "h",
        "transforms.h.type": "org.apache.kafka.connect.transforms.HoistField$Value",
        "transforms.h.negate": "true",
      },
      {},
      [/^transforms.h.type: Config 'transforms.h.negate' was provided but there is no config/],
    ],
    [
      "an unknown version of a transform",
      {
        ...SOURCE,
        transforms: "h",
        "transforms.h.type": "org.apache.kafka.connect.transforms.HoistField$Value",
        "transforms.h.plugin.version": "[9,)",
      },
      {},
      [/^transforms.h.type: .*version range/, /^transforms.h.plugin.version: .*version range/],
    ],
    [
      "a version that is none",
      { ...SOURCE, "connector.plugin.version": "[1" },
      {},
      [/^connector.class: .*not a version/, /^connector.plugin.version: .*not a version/],
    ],
    [
      "a name with control characters",
      { ...SOURCE, name: "a\tb" },
      {},
      [/^name: .*ASCII chars: 9$/],
    ],
    [
      "exactly-once delivery that cannot be had",
      { ...SOURCE, "exactly.once.support": "required" },
      {},
      [/^exactly.once.support: This worker does not/],
    ],
    [
      "principals under the policy Principal",
      { ...SOURCE, "producer.override.sasl.jaas.config": "hunter2", "producer.override.acks": "1" },
      { "connector.client.config.override.policy": "Principal" },
      [/^producer.override.acks: The 'Principal' policy does not allow 'acks'/],
    ],
    [
      "an unknown key of an override under the policy All",
      { ...SOURCE, "producer.override.bogus": "1" },
      {},
      [],
    ],
  ])("of %s", async (_, props, worker, expected) => {
    const found = await errors(props, worker);
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test("shows no secrets", async () => {
    const infos = await validate({ ...SOURCE, "producer.override.sasl.jaas.config": "hunter2" });
    expect(JSON.stringify(infos)).not.toContain("hunter2");
    expect(infos.configs.at(-1)!.value.value).toBe("[hidden]");
  });

  test("refuses an override of the wrong type as a whole", async () => {
    const props = { ...SOURCE, "producer.override.linger.ms": "abc" };
    await expect(validate(props)).rejects.toThrow(
      "Invalid value abc for configuration linger.ms: Not a number of type LONG",
    );
  });

  test("names the installed connectors when there is none of a name", async () => {
    await expect(validate({ ...SOURCE, "connector.class": "Nope" })).rejects.toThrow(
      /matches Nope, available connectors are: .*FileStreamSinkConnector 4\.3\.1, .*FileStreamSourceConnector/,
    );
  });

  test("knows a converter by its simple name, and shows its full one", async () => {
    const { configs } = await validate({ ...SOURCE, "value.converter": "JsonConverter" });
    const value = configs.find((config) => config.value.name === "value.converter")!.value;
    expect(value).toMatchObject({ value: JSON_CONVERTER, errors: [] });
  });
});
