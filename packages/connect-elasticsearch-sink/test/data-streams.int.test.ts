import { INT32_SCHEMA, SchemaBuilder, Struct } from "@millrace/connect-api";
import { sharedElasticsearch, sharedOpenSearch } from "@millrace/services";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ElasticsearchSinkConnector } from "../src/index.ts";
import { call, documents, uniqueName } from "./elasticsearch.ts";
import { commitUntil, record, startElasticsearchSink } from "./sink.ts";

// OpenSearch, since the Elasticsearch of the tests has no requests about data streams. The
// last test writes to one of Elasticsearch.
let url: string;
let topic: string;
let stream: string;
beforeEach(async () => {
  url = await sharedOpenSearch();
  topic = uniqueName();
  stream = `logs-sinktest-${topic}`;
  await makeTemplate(url);
});
afterEach(async () => {
  await call(`${url}/_data_stream/${stream}`, "DELETE");
});

async function makeTemplate(server: string): Promise<void> {
  const { status } = await call(`${server}/_index_template/sinktest`, "PUT", {
    index_patterns: ["logs-sinktest-*"],
    data_stream: {},
    template: { settings: { number_of_replicas: 0 } },
  });
  expect(status).toBe(200);
}

const STREAM = { "data.stream.type": "LOGS", "data.stream.dataset": "sinktest" };

const start = (props: Record<string, string> = {}) =>
  startElasticsearchSink(topic, { "connection.url": url, "key.ignore": "true", ...props });

test("documents are added to a data stream that is made for the topic", async () => {
  await using run = await start({ ...STREAM, "data.stream.timestamp.field": "at" });
  const records = [
    record(topic, 0, null, { n: 0, at: 1000 }),
    record(topic, 1, null, { n: 1 }, { timestamp: 2000 }),
  ];
  await run.put(records);
  await commitUntil(run, topic, 2);
  // What is delivered again is there already.
  await run.put(records);
  await commitUntil(run, topic, 2);
  expect(await documents(stream, url)).toEqual(
    new Map([
      [`${topic}+0+0`, { "@timestamp": 1000, n: 0, at: 1000 }],
      [`${topic}+0+1`, { "@timestamp": 2000, n: 1 }],
    ]),
  );
  expect(run.reported).toEqual([]);
  const { body } = await call(`${url}/_data_stream/${stream}`);
  expect(body).toMatchObject({ data_streams: [{ name: stream }] });
});

test("a name without template is refused with what to do", async () => {
  await using run = await start({ "data.stream.type": "logs", "data.stream.dataset": "none" });
  await expect(run.put([record(topic, 0, null, { n: 0 }, { timestamp: 1 })])).rejects.toThrow(
    /Cannot create data stream logs-none-.*create an index template/,
  );
});

test("records without time are reported, or fail the task", async () => {
  await using run = await start({ ...STREAM, "drop.invalid.message": "true" });
  await run.put([record(topic, 0, null, { n: 0 }), record(topic, 1, null, "no object")]);
  await commitUntil(run, topic, 2);
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    expect.stringContaining("the record has no timestamp"),
    expect.stringContaining("documents of data streams are made of"),
  ]);
});

const problemsOf = async (props: Record<string, string>) => {
  const values = await new ElasticsearchSinkConnector().validate({ topics: topic, ...props });
  return values.flatMap(({ errors }) => errors);
};

test("a data stream that must be there", async () => {
  const props = {
    "connection.url": url,
    "external.resource.usage": "datastream",
    "topic.to.external.resource.mapping": `${topic}:${stream}`,
  };
  expect(await problemsOf(props)).toEqual([
    expect.stringContaining(`There is no data stream ${stream}`),
  ]);
  await using early = await start(props);
  const records = [record(topic, 0, null, { n: 0 }, { timestamp: 5 })];
  await expect(early.put(records)).rejects.toThrow(`There is no ${stream}`);

  await call(`${url}/_data_stream/${stream}`, "PUT");
  expect(await problemsOf(props)).toEqual([]);
  await using run = await start(props);
  await run.put(records);
  await commitUntil(run, topic, 1);
  expect([...(await documents(stream, url)).values()]).toEqual([{ "@timestamp": 5, n: 0 }]);
});

test.each(["index", "alias_index"])("what must be there: %s", async (usage) => {
  const elasticsearch = await sharedElasticsearch();
  const resource = usage === "index" ? topic : `alias-${topic}`;
  const props = {
    "connection.url": elasticsearch,
    "external.resource.usage": usage,
    "topic.to.external.resource.mapping": `${topic}:${resource}`,
  };
  expect(await problemsOf(props)).toHaveLength(1);
  await call(`${elasticsearch}/${topic}`, "PUT", { aliases: { [`alias-${topic}`]: {} } });
  expect(await problemsOf(props)).toEqual([]);
  await using run = await start({ ...props, "key.ignore": "false" });
  await run.put([record(topic, 0, "k", { n: 0 })]);
  await commitUntil(run, topic, 1);
  expect(await documents(topic)).toEqual(new Map([["k", { n: 0 }]]));
  await call(`${elasticsearch}/${topic}`, "DELETE");
});

test("Elasticsearch's data streams are written to as well, also by an alias", async () => {
  const elasticsearch = await sharedElasticsearch();
  await makeTemplate(elasticsearch);
  // This server makes one only for a document.
  await call(`${elasticsearch}/${stream}/_create/first`, "PUT", { "@timestamp": 1 });
  const schema = SchemaBuilder.struct().field("n", INT32_SCHEMA).build();
  const put = async (offset: number, props: Record<string, string>) => {
    await using run = await start({
      "connection.url": elasticsearch,
      "schema.ignore": "false",
      ...props,
    });
    const value = new Struct(schema).put("n", offset);
    const parts = { valueSchema: schema, timestamp: offset + 5 };
    await run.put([record(topic, offset, null, value, parts)]);
    await commitUntil(run, topic, offset + 1);
  };
  await put(0, STREAM);

  const alias = `alias-${topic}`;
  const props = {
    "connection.url": elasticsearch,
    "external.resource.usage": "alias_datastream",
    "topic.to.external.resource.mapping": `${topic}:${alias}`,
  };
  expect(await problemsOf(props)).toEqual([expect.stringContaining(`There is no alias ${alias}`)]);
  await call(`${elasticsearch}/_aliases`, "POST", {
    actions: [{ add: { index: stream, alias, is_write_index: true } }],
  });
  expect(await problemsOf(props)).toEqual([]);
  await put(1, props);
  expect(await documents(stream)).toEqual(
    new Map<string, object>([
      ["first", { "@timestamp": 1 }],
      [`${topic}+0+0`, { "@timestamp": 5, n: 0 }],
      [`${topic}+0+1`, { "@timestamp": 6, n: 1 }],
    ]),
  );
});
