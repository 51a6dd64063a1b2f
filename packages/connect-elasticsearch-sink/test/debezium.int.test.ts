import {
  INT64_SCHEMA,
  SchemaBuilder,
  type SinkRecordParts,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { documents, dropIndex, mappingOf, uniqueName } from "./elasticsearch.ts";
import { commitUntil, record, startElasticsearchSink } from "./sink.ts";

let topic: string;
beforeEach(() => {
  topic = uniqueName();
});
afterEach(() => dropIndex(topic));

const KEY = SchemaBuilder.struct().name("s.town.Key").field("id", INT64_SCHEMA).build();
const ROW = SchemaBuilder.struct()
  .name("s.town.Value")
  .optional()
  .field("id", INT64_SCHEMA)
  .field("name", STRING_SCHEMA)
  .build();
const SOURCE = SchemaBuilder.struct().field("db", STRING_SCHEMA).build();
const ENVELOPE = SchemaBuilder.struct()
  .name("s.town.Envelope")
  .field("before", ROW)
  .field("after", ROW)
  .field("source", SOURCE)
  .field("op", STRING_SCHEMA)
  .build();

const row = (id: bigint, name: string | undefined) =>
  name === undefined ? null : new Struct(ROW).put("id", id).put("name", name);

function event(offset: number, op: string, id: bigint, before?: string, after?: string) {
  const value = new Struct(ENVELOPE)
    .put("op", op)
    .put("source", new Struct(SOURCE).put("db", "d"))
    .put("before", row(id, before))
    .put("after", row(id, after));
  return keyed(offset, id, value, { valueSchema: ENVELOPE });
}

const keyed = (offset: number, id: bigint, value: unknown, parts: Partial<SinkRecordParts> = {}) =>
  record(topic, offset, null, value, {
    keySchema: KEY,
    key: new Struct(KEY).put("id", id),
    ...parts,
  });

test.each([{ "write.method": "insert" }, { "write.method": "upsert" }])(
  "change events become the documents of their rows: %o",
  async (props) => {
    await using run = await startElasticsearchSink(topic, {
      "value.format": "debezium",
      "schema.ignore": "false",
      "batch.size": "2",
      ...props,
    });
    await run.put([
      event(0, "r", 1n, undefined, "Ulm"),
      event(1, "c", 2n, undefined, "Bonn"),
      event(2, "c", 3n, undefined, "Kiel"),
      event(3, "u", 1n, "Ulm", "Jena"),
      event(4, "d", 2n, "Bonn"),
      keyed(5, 2n, null),
      event(6, "t", 0n),
      event(7, "d", 3n),
      event(8, "c", 3n, undefined, "Hof"),
    ]);
    await commitUntil(run, topic, 9);
    expect(await documents(topic)).toEqual(
      new Map([
        ["1", { id: 1, name: "Jena" }],
        ["3", { id: 3, name: "Hof" }],
      ]),
    );
    expect(Object.keys(await mappingOf(topic))).toEqual(["id", "name"]);
    expect(run.reported.map(({ error }) => error.message)).toEqual([
      `Skipped record ${topic}-0@6: a truncated table: its documents stay as they are`,
    ]);
    // What is reported is what came.
    expect(run.reported[0]?.record.valueSchema).toBe(ENVELOPE);
  },
);

test("auto takes events and documents, with and without schema", async () => {
  await using run = await startElasticsearchSink(topic, {
    "value.format": "auto",
    "behavior.on.null.values": "delete",
    "index.name": "${topic}",
  });
  await run.put([
    event(0, "c", 1n, undefined, "Ulm"),
    record(topic, 1, "plain", { op: "x", name: "a document" }),
    record(topic, 2, "json", { before: null, after: { n: 1 }, source: {}, op: "c", ts_ms: 1 }),
    record(topic, 3, "gone", { before: null, after: { n: 2 }, source: {}, op: "c" }),
    record(topic, 4, "gone", { before: { n: 2 }, after: null, source: {}, op: "d" }),
    record(topic, 5, "gone", null),
  ]);
  await commitUntil(run, topic, 6);
  expect(await documents(topic)).toEqual(
    new Map<string, object>([
      ["1", { id: 1, name: "Ulm" }],
      ["plain", { op: "x", name: "a document" }],
      ["json", { n: 1 }],
    ]),
  );
});

test("what is no event, or none that is known, fails the task or is dropped", async () => {
  const odd = () => [
    record(topic, 0, "k", { n: 1 }),
    event(1, "z", 1n, undefined, "Ulm"),
    event(2, "c", 1n),
  ];
  await using dropping = await startElasticsearchSink(topic, {
    "value.format": "debezium",
    "drop.invalid.message": "true",
  });
  await dropping.put(odd());
  await commitUntil(dropping, topic, 3);
  expect(dropping.reported.map(({ error }) => error.message)).toEqual([
    expect.stringContaining("no change event, and value.format is debezium"),
    expect.stringContaining("an op that is not known: z"),
    expect.stringContaining("op c and no row after it"),
  ]);
  await using failing = await startElasticsearchSink(topic, { "value.format": "debezium" });
  await expect(failing.put(odd())).rejects.toThrow(/no change event/);
});
