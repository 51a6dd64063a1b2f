import { SourceRecord } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { PluginRegistry } from "../src/plugins/registry.ts";
import { scanPlugins } from "../src/plugins/scan.ts";
import { createTransformChain } from "../src/record/transform-chain.ts";

/** What every worker has. */
async function ownPlugins(): Promise<PluginRegistry> {
  return new PluginRegistry((await scanPlugins([])).plugins);
}

test("a connector's configuration makes a chain of the worker's own transforms", async () => {
  const chain = await createTransformChain(
    {
      transforms: "hoist, insert,route",
      "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value",
      "transforms.hoist.field": "line",
      "transforms.insert.type": "org.apache.kafka.connect.transforms.InsertField$Value",
      "transforms.insert.static.field": "a",
      "transforms.insert.static.value": "b",
      "transforms.route.type": "RegexRouter",
      "transforms.route.regex": "raw-(.*)",
      "transforms.route.replacement": "$1",
      "transforms.route.predicate": "other",
      "transforms.route.negate": "true",
      predicates: "other",
      "predicates.other.type": "TopicNameMatches",
      "predicates.other.pattern": "raw-keep",
    },
    await ownPlugins(),
  );
  const through = (topic: string) =>
    chain.apply(
      new SourceRecord({ topic, value: "x", sourcePartition: {}, sourceOffset: null }),
    ) as SourceRecord;

  expect(through("raw-a")).toMatchObject({ topic: "a", value: { line: "x", a: "b" } });
  expect(through("raw-keep")).toMatchObject({ topic: "raw-keep", value: { line: "x", a: "b" } });
});

test("a transform that refuses its configuration says why", async () => {
  const chain = createTransformChain(
    {
      transforms: "c",
      "transforms.c.type": "org.apache.kafka.connect.transforms.Cast$Value",
      "transforms.c.spec": "id:bogus",
    },
    await ownPlugins(),
  );
  await expect(chain).rejects.toThrow("Invalid type found in casting spec: bogus");
});
