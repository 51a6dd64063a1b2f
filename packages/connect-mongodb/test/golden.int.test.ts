import { readFileSync } from "node:fs";
import { JsonConverter, StringConverter } from "@millrace/connect-converters";
import type { Props } from "@millrace/connect-api";
import { startSink, startSource, TestPartition } from "@millrace/connect-testkit";
import { BSON, ObjectId } from "mongodb";
import { expect, test } from "vitest";
import { MongoSinkConnector, MongoSourceConnector } from "../src/index.ts";
import { testDatabase } from "./mongo.ts";

/** What Java's connectors 2.0.1 wrote, of mongo-java-server. */
const read = <T>(file: string): T =>
  JSON.parse(readFileSync(`${import.meta.dirname}/golden/mongo/${file}`, "utf8")) as T;

interface Message {
  readonly key: string;
  readonly value: string | null;
  readonly headers: readonly [string, string][];
}

const topics =
  read<Record<string, { readonly records: readonly Message[] } | null>>("records.json");
const written = read<{ "connect-offsets": { readonly records: readonly Message[] } }>(
  "offset-topic.json",
);

const RESUME_TOKEN: unknown = expect.stringMatching(/^\{"_data": "/);
const OID = "6b0028d7746fb1e3d83c6d98";
const copied = [
  {
    _id: 1 as never,
    s: "x",
    i: 1,
    l: BSON.Long.fromNumber(5_000_000_000),
    d: 1.5,
    b: true,
    n: null,
    dt: new Date("2024-01-02T03:04:05Z"),
    bin: Buffer.from([1, 2]),
    dec: BSON.Decimal128.fromString("1.50"),
    arr: [1, "a"],
    o: { k: "v" },
  },
  { _id: new ObjectId(OID) as never, a: "oid" },
];

const fulldoc = {
  "publish.full.document.only": "true",
  "publish.full.document.only.tombstone.on.delete": "true",
  "change.stream.full.document": "updateLookup",
  "output.json.formatter": "com.mongodb.kafka.connect.source.json.formatter.SimplifiedJson",
};
const schema = {
  "output.format.value": "schema",
  "output.schema.infer.value": "true",
  "publish.full.document.only": "true",
};

test.each<[string, Props]>([
  ["m-plain", {}],
  ["m-fulldoc", fulldoc],
  ["m-schema", schema],
])("%s: a copy's records and offset are Java's", async (name, props) => {
  await using database = await testDatabase();
  await database.collection("src").insertMany(copied);
  const all = {
    ...database.props,
    ...props,
    collection: "src",
    "startup.mode": "copy_existing",
    "poll.await.time.ms": "50",
    "topic.prefix": name,
  };
  await using run = await startSource(MongoSourceConnector, all);
  const records = await run.take(2);
  const [strings, json] = [new StringConverter(), new JsonConverter()];
  strings.configure({}, false);
  json.configure({ "converter.type": "value" }, false);
  const valueConverter = name === "m-schema" ? json : strings;
  const text = (bytes: unknown) =>
    bytes === null ? null : Buffer.from(bytes as Uint8Array).toString();
  const ours = records.map(({ topic, keySchema, key, valueSchema, value }) => ({
    key: text(strings.fromConnectData(topic, [], keySchema, key)),
    value: text(valueConverter.fromConnectData(topic, [], valueSchema, value)),
  }));
  const theirs = topics[`${name}.gm.src`]!.records.slice(0, 2).map(({ key, value }) => ({
    key,
    value,
  }));
  const inOurDatabase = (value: string | null) =>
    value?.replace('"db": "gm"', `"db": "${database.db.databaseName}"`) ?? null;
  expect(ours).toEqual(theirs.map(({ key, value }) => ({ key, value: inOurDatabase(value) })));
  expect(records[0]!.topic).toBe(`${name}.${database.db.databaseName}.src`);

  // Java's offset of the last document; ours has the progress of the copy besides.
  const [recorded] = written["connect-offsets"].records.filter(({ key }) =>
    key.startsWith(`["${name}"`),
  );
  const { "copy.progress": progress, ...offset } = records[1]!.sourceOffset as Record<
    string,
    string
  >;
  // Where the server says a position (a mongod does), it is the offset behind the last document.
  const isCopy = offset["copy"] === "true";
  const expected: unknown = isCopy ? JSON.parse(recorded!.value!) : { _id: RESUME_TOKEN };
  expect(offset).toEqual(expected);
  const done = isCopy ? [`${database.db.databaseName}.src`] : undefined;
  expect(progress && (JSON.parse(progress) as { done: unknown }).done).toEqual(done);
});

test("the sink writes what Java wrote, and reports what it reported", async () => {
  await using database = await testDatabase();
  const partition = new TestPartition("gm-sink");
  const records = [
    ["1", '{"_id":1,"a":{"$numberLong":"5"}}'],
    ["2", '{"_id":2,"b":"x"}'],
    ["3", "not json"],
    ["4", null],
  ].map(([key, value]) => partition.append({ key, value }));
  const props = {
    ...database.props,
    collection: "dst",
    topics: "gm-sink",
    "errors.tolerance": "all",
    "mongo.errors.tolerance": "all",
  };
  await using run = await startSink(MongoSinkConnector, props);
  await run.put(records);
  const documents = (await database.documents("dst")).map((document) =>
    JSON.stringify(document).replaceAll('"', "'").replaceAll(":", ": ").replaceAll(",", ", "),
  );
  expect(documents).toEqual(read("sink-documents.json"));
  const reported = run.reported.map(({ record, error }) => ({
    key: record.key,
    class: (error as { javaName?: string }).javaName,
    message: error.message,
  }));
  const letters = topics["gm-dlq"]!.records.slice(0, 2).map(({ key, headers }) => {
    const header = new Map(headers);
    return {
      key,
      class: header.get("__connect.errors.exception.class.name"),
      message: header.get("__connect.errors.exception.message"),
    };
  });
  expect(reported).toEqual(letters);
});
