import { INT32_SCHEMA, SchemaBuilder, Struct } from "@millrace/connect-api";
import { startSink } from "@millrace/connect-testkit";
import { sharedOpenSearch } from "@millrace/services";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ElasticsearchSinkConnector, OpensearchSinkConnector } from "../src/index.ts";
import { call, documents, dropIndex, mappingOf, uniqueName } from "./elasticsearch.ts";
import { commitUntil, failureOf, record, startElasticsearchSink } from "./sink.ts";

let url: string;
let topic: string;
beforeEach(async () => {
  url = await sharedOpenSearch();
  topic = uniqueName();
});
afterEach(() => dropIndex(topic, url));

const start = (props: Record<string, string> = {}) =>
  startElasticsearchSink(topic, { "connection.url": url, ...props });

test("OpenSearch is known by what it says of itself", async () => {
  const connector = new ElasticsearchSinkConnector();
  const props = { "connection.url": url, topics: topic };
  await expect(connector.testConnection(props)).resolves.toMatch(/answers at/);
});

test("index, mapping and documents are made as in Elasticsearch", async () => {
  const schema = SchemaBuilder.struct().field("n", INT32_SCHEMA).build();
  await using run = await start({
    "schema.ignore": "false",
    "behavior.on.null.values": "delete",
    "connection.compression": "true",
  });
  const value = (n: number) => new Struct(schema).put("n", n);
  const records = [
    record(topic, 0, "b", value(0), { valueSchema: schema }),
    record(topic, 1, "a", value(1), { valueSchema: schema }),
    record(topic, 2, "b", value(2), { valueSchema: schema }),
    record(topic, 3, "a", null),
  ];
  await run.put(records);
  await commitUntil(run, topic, 4);
  await run.put(records);
  await commitUntil(run, topic, 4);
  expect(await mappingOf(topic, url)).toEqual({ n: { type: "integer" } });
  expect(await documents(topic, url)).toEqual(new Map([["b", { n: 2 }]]));
});

test("upserts merge", async () => {
  await using run = await start({ "write.method": "upsert" });
  await run.put([record(topic, 0, "a", { x: 1, y: 1 }), record(topic, 1, "a", { y: 2 })]);
  await commitUntil(run, topic, 2);
  expect(await documents(topic, url)).toEqual(new Map([["a", { x: 1, y: 2 }]]));
});

test("a document that it refuses is malformed here too", async () => {
  await using run = await start();
  await run.put([record(topic, 0, "good", { n: 1 })]);
  await commitUntil(run, topic, 1);
  await run.put([record(topic, 1, "bad", { n: "one" })]);
  expect((await failureOf(run)).message).toMatch(
    /record .*@1 .*mapper_parsing_exception.*behavior.on.malformed.documents/,
  );
});

test("documents go through a pipeline", async () => {
  const pipeline = `${url}/_ingest/pipeline/${topic}`;
  await call(pipeline, "PUT", { processors: [{ set: { field: "seen", value: true } }] });
  await using run = await start({ pipeline: topic });
  await run.put([record(topic, 0, "a", { n: 0 })]);
  await commitUntil(run, topic, 1);
  expect(await documents(topic, url)).toEqual(new Map([["a", { n: 0, seen: true }]]));
  await call(pipeline, "DELETE");
});

test("Aiven's connector takes its own keys", async () => {
  const name = `aiven-${topic}`;
  await call(`${url}/_index_template/aiven`, "PUT", {
    index_patterns: ["aiven-*"],
    data_stream: {},
  });
  const props = {
    "connection.url": url,
    topics: topic,
    "schema.ignore": "true",
    "key.ignore": "true",
    "key.ignore.id.strategy": "none",
    "data.stream.enabled": "true",
    "data.stream.prefix": "aiven",
  };
  const values = await new OpensearchSinkConnector().validate({
    ...props,
    "index.write.method": "upsert",
  });
  const wrong = values.filter(({ errors }) => errors.length > 0).map((value) => value.name);
  expect(wrong).toContain("index.write.method");
  expect(wrong).not.toContain("write.method");

  await using run = await startSink(OpensearchSinkConnector, props);
  await run.put([record(topic, 0, null, { n: 0, "@timestamp": 7 })]);
  await commitUntil(run, topic, 1);
  expect([...(await documents(name, url)).values()]).toEqual([{ "@timestamp": 7, n: 0 }]);
  await call(`${url}/_data_stream/${name}`, "DELETE");
});
