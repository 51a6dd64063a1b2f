import { fileURLToPath } from "node:url";
import type { Props } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import type { RawProps } from "../src/config/raw-props.ts";
import type { ConfigInfos } from "../src/herder/config-infos.ts";
import { pluginConfig, validateConnector } from "../src/herder/validate.ts";
import { PluginRegistry } from "../src/plugins/registry.ts";
import { scanPlugins } from "../src/plugins/scan.ts";
import { RECORDED_PLUGINS } from "./support/worker-under-test.ts";

const CONNECT_FILE = fileURLToPath(new URL("../../connect-file", import.meta.url));
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const CONVERTER = "org.apache.kafka.connect.storage.StringConverter";
const PREDICATE = "org.apache.kafka.connect.transforms.predicates.HasHeaderKey";
const CREATION = {
  "topic.creation.default.partitions": "1",
  "topic.creation.default.replication.factor": "1",
};
const WORKER = { "key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER };
const SOURCE = { name: "a", "connector.class": "FileStreamSource", topic: "t", file: "/in.txt" };
const SINK = { name: "a", "connector.class": "FileStreamSink", topics: "t" };

async function validate(props: RawProps, worker: Props = {}) {
  const { plugins } = await scanPlugins([RECORDED_PLUGINS]);
  const registry = new PluginRegistry(plugins.filter((p) => p.package === "recorded-plugins"));
  return validateConnector(props, registry, { ...WORKER, ...worker });
}

async function errors(props: RawProps, worker: Props = {}): Promise<string[]> {
  return errorsOf(await validate(props, worker));
}

function errorsOf({ configs, error_count: count }: ConfigInfos): string[] {
  const found = configs.flatMap(({ value }) => value.errors.map((e) => `${value.name}: ${e}`));
  expect(count).toBe(found.length);
  return found;
}

test("keys that the Java plugin does not have are shown where they are given", async () => {
  const { plugins } = await scanPlugins([CONNECT_FILE]);
  const registry = new PluginRegistry(plugins);
  const names = async (props: RawProps) =>
    (await validateConnector(props, registry, WORKER)).configs.map(({ value }) => value.name);
  const without = await names(SINK);
  expect(without).toContain("file");
  expect(without).not.toContain("format");
  expect(await names({ ...SINK, format: "json" })).toEqual([...without, "format"]);
  expect(
    (await pluginConfig("FileStreamSink", undefined, registry)).map((d) => d.name),
  ).not.toContain("format");
});

// Each as Kafka Connect 4.3.1 says it, asked on the side.
test.each<[Props | RawProps, string[]]>([
  [{ ...SINK, topics: "a,a" }, ["topics: Configuration 'topics' values must not be duplicated."]],
  [
    { ...SOURCE, transforms: "h", "transforms.h.type": CONVERTER },
    [`transforms.h.type: Class class ${CONVERTER} does not implement the Transformation interface`],
  ],
  [
    { ...SOURCE, "tasks.max": null },
    [
      "tasks.max: Invalid value null for configuration tasks.max: Value must be non-null",
      "tasks.max: Null value can not be supplied as the configuration value.",
    ],
  ],
  [
    { ...SOURCE, transforms: null },
    [
      "transforms: Invalid value null for configuration transforms: entry must be non null",
      "transforms: Null value can not be supplied as the configuration value.",
    ],
  ],
  [
    { ...SOURCE, "topic.creation.groups": "a,a", ...CREATION },
    [
      "topic.creation.groups: Invalid value [a, a] for configuration topic.creation.groups: Duplicate alias provided.",
    ],
  ],
])("%j is refused in Java's words", async (props, expected) => {
  expect((await errors(props)).filter((error) => !/include|replication/.test(error))).toEqual(
    expected,
  );
});

test("rules of a transformation know its keys by their own names", async () => {
  const { plugins } = await scanPlugins([CONNECT_FILE]);
  const named = { predicates: "p", "predicates.p.type": PREDICATE, "predicates.p.name": "" };
  const props = { ...SOURCE, ...named };
  const { configs } = await validateConnector(props, new PluginRegistry(plugins), WORKER);
  expect(configs.flatMap(({ value }) => value.errors)).toEqual([
    "Invalid value  for configuration name: String must be non-empty",
  ]);
});

test("a predicate that is missing is told at the type, and all keys are shown", async () => {
  const { plugins } = await scanPlugins([CONNECT_FILE]);
  const hoist = "org.apache.kafka.connect.transforms.HoistField$Value";
  const named = { transforms: "t", "transforms.t.type": hoist, "transforms.t.negate": "true" };
  const props = { ...SOURCE, ...named };
  const { configs } = await validateConnector(props, new PluginRegistry(plugins), WORKER);
  const own = configs.filter(({ value }) => value.name.startsWith("transforms.t."));
  expect(own.map(({ value }) => [value.name, value.errors.length])).toEqual([
    ["transforms.t.type", 1],
    ["transforms.t.plugin.version", 0],
    // It is not given.
    ["transforms.t.field", 1],
    ["transforms.t.negate", 0],
    ["transforms.t.predicate", 0],
  ]);
});

test("a predicate that is missing is told besides a class that is not there, not besides a version", async () => {
  const hoist = "org.apache.kafka.connect.transforms.HoistField$Value";
  const of = (type: string, more: Props = {}) =>
    errors({
      ...SOURCE,
      transforms: "t",
      "transforms.t.type": type,
      "transforms.t.negate": "true",
      ...more,
    });
  expect(await of("no.Such")).toEqual([
    "transforms.t.type: Invalid value no.Such for configuration transforms.t.type: Class no.Such could not be found.",
    expect.stringMatching(/^transforms.t.type: Config 'transforms.t.negate' was provided/),
  ]);
  expect(await of(hoist, { "transforms.t.plugin.version": "[9,)" })).toEqual([
    expect.stringMatching(/^transforms.t.type: Config 'transforms.t.negate' was provided/),
    expect.stringMatching(/^transforms.t.plugin.version: .*version range/),
  ]);
});

test("a group of its own is shown among a sink's keys", async () => {
  const { configs } = await validate({ ...SINK, "consumer.override.group.id": "g" });
  expect(configs[0]).toMatchObject({
    definition: null,
    value: { name: "consumer.override.group.id", value: "g", errors: [] },
  });
});

describe("validation", () => {
  test.each<[string, Props, Props, RegExp[]]>([
    ["nothing wrong", SOURCE, {}, []],
    ["a thread of its own for each task", { ...SOURCE, "task.isolation": "dedicated" }, {}, []],
    [
      "an isolation that does not exist",
      { ...SINK, "task.isolation": "alone" },
      {},
      [/^task.isolation: .*alone.*task.isolation.*shared, dedicated, inline/],
    ],
    [
      "errors handled in our own ways",
      {
        ...SOURCE,
        "errors.deadletterqueue.source.topic.name": "dlq",
        "errors.deadletterqueue.source.topic.replication.factor": "-1",
        "admin.override.request.timeout.ms": "1000",
      },
      {},
      [],
    ],
    [
      "a topic for a source's dead letters that cannot be",
      { ...SOURCE, "errors.deadletterqueue.source.topic.name": "dead letters" },
      {},
      [/^errors.deadletterqueue.source.topic.name: .*dead letters.*1 to 249 letters/],
    ],
    [
      "an isolation of bad records that is neither on nor off",
      { ...SINK, "errors.put.isolate": "perhaps" },
      {},
      [/^errors.put.isolate: .*perhaps.*errors.put.isolate/],
    ],
    [
      "offsets of filtered records",
      { ...SOURCE, "source.filtered.offsets": "always" },
      {},
      [/^source.filtered.offsets: .*always.*ignore, commit/],
    ],
    [
      "a sink that reads its dead letters by pattern",
      {
        name: "a",
        "connector.class": "FileStreamSink",
        "topics.regex": "d.*",
        "errors.deadletterqueue.topic.name": "dlq",
      },
      {},
      [/^topics.regex: The DLQ topic 'dlq' may not be matched by the regex/],
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
        "transforms.h.field": "f",
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
      "exactly-once delivery of a plugin that leaves its transactions to the worker",
      { ...SOURCE, "exactly.once.support": "required", "transaction.boundary": "connector" },
      { "group.id": "g", "exactly.once.source.support": "enabled" },
      [
        /^transaction.boundary: The connector does not support connector-defined transaction boundaries with the given configuration\. Please reconfigure/,
      ],
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

test("expressions that are none are refused, with what is wrong where", async () => {
  const { plugins } = await scanPlugins([RECORDED_PLUGINS]);
  const registry = new PluginRegistry(
    plugins.filter((p) => p.package !== "recorded-plugins" || p.kind === "source"),
  );
  const props = {
    ...SOURCE,
    transforms: "e,f",
    "transforms.e.type": "millrace.transforms.Expression$Value",
    "transforms.e.fields": "{'total': valu.price}",
    "transforms.e.types": "total:int9",
    "transforms.f.type": "Filter",
    "transforms.f.predicate": "p",
    predicates: "p",
    "predicates.p.type": "millrace.transforms.predicates.Expression",
    "predicates.p.expression": "value.a ==",
  };
  expect(errorsOf(await validateConnector(props, registry, WORKER))).toEqual([
    expect.stringMatching(
      /^transforms.e.fields: .*line 1, column 11: unknown variable valu; there are value, key/,
    ),
    expect.stringMatching(/^transforms.e.types: .*unknown type int9; there are int8/),
    expect.stringMatching(/^predicates.p.expression: .*line 1, column \d+: /),
  ]);
});
