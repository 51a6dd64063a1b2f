import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  Headers,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  SchemaBuilder,
  type SinkTask,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { sharedElasticsearch } from "@millrace/services";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { call, documents, dropIndex, mappingOf, uniqueName } from "./elasticsearch.ts";
import { commitUntil, failureOf, record, startElasticsearchSink } from "./sink.ts";

let topic: string;
beforeEach(() => {
  topic = uniqueName();
});
afterEach(() => dropIndex(topic));

const EVERY_TYPE = SchemaBuilder.struct()
  .field("int8", INT8_SCHEMA)
  .field("int16", INT16_SCHEMA)
  .field("int32", INT32_SCHEMA)
  .field("int64", INT64_SCHEMA)
  .field("float32", FLOAT32_SCHEMA)
  .field("float64", FLOAT64_SCHEMA)
  .field("bool", BOOLEAN_SCHEMA)
  .field("text", STRING_SCHEMA)
  .field("bytes", BYTES_SCHEMA)
  .field("decimal", decimalSchema(2))
  .field("at", TIMESTAMP_SCHEMA)
  .field("tags", SchemaBuilder.array(STRING_SCHEMA).build())
  .field("nested", SchemaBuilder.struct().field("n", INT32_SCHEMA).build())
  .build();

function everyType(): Struct {
  const nested = EVERY_TYPE.field("nested")?.schema ?? EVERY_TYPE;
  return new Struct(EVERY_TYPE)
    .put("int8", -1)
    .put("int16", 300)
    .put("int32", 70_000)
    .put("int64", 9_007_199_254_740_993n)
    .put("float32", Math.fround(0.1))
    .put("float64", 2)
    .put("bool", true)
    .put("text", "Grüße, 世界")
    .put("bytes", Buffer.from("abc"))
    .put("decimal", Decimal.parse("12.50"))
    .put("at", new Date(1_700_000_000_000))
    .put("tags", ["a", "b"])
    .put("nested", new Struct(nested).put("n", 5));
}

test("every type gets its mapping and arrives as it was", async () => {
  await using run = await startElasticsearchSink(topic, { "schema.ignore": "false" });
  await run.put([record(topic, 0, "k", everyType(), { valueSchema: EVERY_TYPE })]);
  await commitUntil(run, topic, 1);
  expect(await mappingOf(topic)).toEqual({
    int8: { type: "byte" },
    int16: { type: "short" },
    int32: { type: "integer" },
    int64: { type: "long" },
    float32: { type: "float" },
    float64: { type: "double" },
    bool: { type: "boolean" },
    text: { type: "text", fields: { keyword: { type: "keyword", ignore_above: 256 } } },
    bytes: { type: "binary" },
    decimal: { type: "double" },
    at: { type: "date" },
    tags: { type: "text", fields: { keyword: { type: "keyword", ignore_above: 256 } } },
    nested: { properties: { n: { type: "integer" } } },
  });
  const url = `${await sharedElasticsearch()}/${topic}/_doc/k?filter_path=_source,_version`;
  expect(await (await fetch(url)).text()).toBe(
    '{"_version":0,"_source":{"int8":-1,"int16":300,"int32":70000,"int64":9007199254740993,"float32":0.1,"float64":2.0,"bool":true,"text":"Grüße, 世界","bytes":"YWJj","decimal":12.5,"at":1700000000000,"tags":["a","b"],"nested":{"n":5}}}',
  );
});

test("a mapping that is there is left as it is", async () => {
  const properties = { text: { type: "keyword" } };
  await call(`${await sharedElasticsearch()}/${topic}`, "PUT", { mappings: { properties } });
  const schema = SchemaBuilder.struct().field("text", STRING_SCHEMA).build();
  await using run = await startElasticsearchSink(topic, { "schema.ignore": "false" });
  const value = new Struct(schema).put("text", "x");
  await run.put([record(topic, 0, "k", value, { valueSchema: schema })]);
  await commitUntil(run, topic, 1);
  expect(await mappingOf(topic)).toEqual(properties);
});

test("a mapping cannot be made of values without schema", async () => {
  await using run = await startElasticsearchSink(topic, { "schema.ignore": "false" });
  await expect(run.put([record(topic, 0, "k", { a: 1 })])).rejects.toThrow(
    /Cannot infer mapping without schema.*schema\.ignore=true/,
  );
});

test("an alias may stand in for the index", async () => {
  const url = await sharedElasticsearch();
  await call(`${url}/${topic}-000001`, "PUT", { aliases: { [topic]: { is_write_index: true } } });
  try {
    await using run = await startElasticsearchSink(topic);
    await run.put([record(topic, 0, "k", { a: 1 })]);
    await commitUntil(run, topic, 1);
    expect(await documents(`${topic}-000001`)).toEqual(new Map([["k", { a: 1 }]]));
  } finally {
    await dropIndex(`${topic}-000001`);
  }
});

test("tasks that start together make index and mapping once", async () => {
  const schema = SchemaBuilder.struct().field("n", INT32_SCHEMA).build();
  const runs = await Promise.all(
    Array.from({ length: 4 }, () =>
      startElasticsearchSink(topic, { "schema.ignore": "false", "key.ignore": "true" }),
    ),
  );
  await Promise.all(
    runs.map(async (run, kafkaPartition) => {
      const value = new Struct(schema).put("n", kafkaPartition);
      await run.put([record(topic, 0, null, value, { valueSchema: schema, kafkaPartition })]);
      await commitUntil(run, topic, 1, { partition: kafkaPartition });
      await run.stop();
    }),
  );
  expect([...(await documents(topic)).keys()].toSorted()).toEqual(
    [0, 1, 2, 3].map((partition) => `${topic}+${partition}+0`),
  );
});

test("a record written again, or an older one, does not replace a newer one", async () => {
  await using run = await startElasticsearchSink(topic);
  const records = [1, 2, 3].map((n) => record(topic, n, "k", { n }));
  await run.put(records);
  await commitUntil(run, topic, 4);
  await run.put(records.slice(0, 2));
  await run.put(records);
  await commitUntil(run, topic, 4);
  expect(await documents(topic)).toEqual(new Map([["k", { n: 3 }]]));
  expect(run.reported).toEqual([]);
});

test("a record without value deletes, and a later one writes the document anew", async () => {
  await using run = await startElasticsearchSink(topic, {
    "behavior.on.null.values": "delete",
    "batch.size": "1",
  });
  await run.put([
    record(topic, 0, "a", { n: 0 }),
    record(topic, 1, "b", { n: 1 }),
    record(topic, 2, "a", null),
    record(topic, 3, "never there", null),
    record(topic, 4, "a", { n: 4 }),
    record(topic, 5, "b", null),
    record(topic, 6, null, null),
  ]);
  await commitUntil(run, topic, 7);
  expect(await documents(topic)).toEqual(new Map([["a", { n: 4 }]]));
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    `Skipped record ${topic}-0@6: it deletes, and has no key that would say which document`,
  ]);
});

test("records without value are skipped, or fail the task, as configured", async () => {
  await using ignoring = await startElasticsearchSink(topic, {
    "behavior.on.null.values": "ignore",
  });
  await ignoring.put([record(topic, 0, "k", { n: 0 }), record(topic, 1, "k", null)]);
  await commitUntil(ignoring, topic, 2);
  expect(await documents(topic)).toEqual(new Map([["k", { n: 0 }]]));
  expect(ignoring.reported).toHaveLength(1);

  await using failing = await startElasticsearchSink(topic);
  await expect(failing.put([record(topic, 2, "k", null)])).rejects.toThrow(
    new RegExp(`record ${topic}-0@2: its value is null, and behavior.on.null.values is fail`),
  );
});

test("upserts merge in order, one after the other per document", async () => {
  await using run = await startElasticsearchSink(topic, {
    "write.method": "upsert",
    "behavior.on.null.values": "delete",
    "batch.size": "3",
  });
  await run.put([
    record(topic, 0, "a", { x: 1, y: 1 }),
    record(topic, 1, "a", { y: 2 }),
    record(topic, 2, "b", { x: 1 }),
    record(topic, 3, "a", { z: { deep: 1 } }),
    record(topic, 4, "a", { z: { other: 2 } }),
    record(topic, 5, "b", null),
    record(topic, 6, "b", { fresh: true }),
  ]);
  await commitUntil(run, topic, 7);
  expect(await documents(topic)).toEqual(
    new Map<string, object>([
      ["a", { x: 1, y: 2, z: { deep: 1, other: 2 } }],
      ["b", { fresh: true }],
    ]),
  );
});

test("deletes beside upserts hold however often the records before were written again", async () => {
  await using run = await startElasticsearchSink(topic, {
    "write.method": "upsert",
    "behavior.on.null.values": "delete",
  });
  const updates = [0, 1, 2].map((n) => record(topic, n, "k", { n }));
  for (let i = 0; i < 4; i++) await run.put(updates);
  await run.put([record(topic, 3, "k", null)]);
  await commitUntil(run, topic, 4);
  expect(await documents(topic)).toEqual(new Map());
});

test.each(["ignore", "warn", "fail"])(
  "documents that Elasticsearch refuses: %s",
  async (behavior) => {
    await using run = await startElasticsearchSink(topic, {
      "behavior.on.malformed.documents": behavior,
    });
    await run.put([record(topic, 0, "good", { n: 1 })]);
    await commitUntil(run, topic, 1);
    await run.put([record(topic, 1, "bad", { n: "one" }), record(topic, 2, "good 2", { n: 2 })]);
    const refused = new RegExp(
      `Elasticsearch refused record ${topic}-0@1 \\(document "bad" of index ${topic}\\) with status 400: document_parsing_exception`,
    );
    if (behavior === "fail") {
      // oxlint-disable-next-line vitest/no-conditional-expect -- one table, two outcomes
      expect((await failureOf(run)).message).toMatch(refused);
    } else {
      await commitUntil(run, topic, 3);
    }
    expect([...(await documents(topic)).keys()]).toEqual(["good", "good 2"]);
    expect(run.reported.map(({ record: { kafkaOffset } }) => kafkaOffset)).toEqual([1]);
    expect(run.reported[0]?.error.message).toMatch(refused);
    const warned = run.logger.messages("warn").filter((message) => refused.test(message));
    expect(warned).toHaveLength(behavior === "warn" ? 1 : 0);
    const committed = (await run.commit()).get({ topic, partition: 0 });
    expect(committed).toBe(behavior === "fail" ? 1 : 3);
  },
);

test("records that cannot be made documents are dropped, or fail the task, as configured", async () => {
  const records = [record(topic, 0, null, { n: 0 }), record(topic, 1, "k", { n: 1 })];
  await using dropping = await startElasticsearchSink(topic, { "drop.invalid.message": "true" });
  await dropping.put(records);
  await commitUntil(dropping, topic, 2);
  expect([...(await documents(topic)).keys()]).toEqual(["k"]);
  expect(dropping.reported.map(({ error }) => error.message)).toEqual([
    expect.stringContaining(
      `Cannot make a document of record ${topic}-0@0: Key is used as document id`,
    ),
  ]);

  await using failing = await startElasticsearchSink(topic);
  await expect(failing.put(records)).rejects.toThrow(/can not be null.*drop.invalid.message=true/);
});

test("without error reporting, records are skipped all the same", async () => {
  await using run = await startElasticsearchSink(
    topic,
    { "drop.invalid.message": "true", "behavior.on.malformed.documents": "ignore" },
    { errantRecordReporter: false },
  );
  await run.put([record(topic, 0, "k", { n: 0 })]);
  await commitUntil(run, topic, 1);
  await run.put([record(topic, 1, null, { n: 0 }), record(topic, 2, "bad", { n: "text" })]);
  await commitUntil(run, topic, 3);
  expect([...(await documents(topic)).keys()]).toEqual(["k"]);
});

test.each(["true", "false"])(
  "a topic renamed by a transform commits under its own name, flush.synchronously=%s",
  async (synchronously) => {
    const renamed = uniqueName();
    const props = { "flush.synchronously": synchronously, "key.ignore": "true" };
    const run = await startElasticsearchSink(topic, props);
    const task = run.tasks[0] as SinkTask;
    const tp = { topic, partition: 0 };
    try {
      await task.open([tp]);
      const records = [0, 1].map((n) =>
        record(topic, n, null, { n }).newRecord({ topic: renamed }),
      );
      await task.put(records, new AbortController().signal);
      await vi.waitFor(async () => {
        const committed = await task.preCommit(new TopicPartitionMap([[tp, 2]]));
        expect(committed.get(tp)).toBe(2);
      });
      expect([...(await documents(renamed)).keys()]).toEqual([`${topic}+0+0`, `${topic}+0+1`]);
    } finally {
      await run.crash();
      await dropIndex(renamed);
    }
  },
);

test("Elasticsearch makes the ids where it is asked to", async () => {
  await using run = await startElasticsearchSink(topic, {
    "use.autogenerated.ids": "true",
    "behavior.on.null.values": "delete",
  });
  await run.put([
    record(topic, 0, "same", { n: 0 }),
    record(topic, 1, "same", { n: 1 }),
    record(topic, 2, "same", null),
  ]);
  await commitUntil(run, topic, 3);
  const found = await documents(topic);
  expect([...found.values()]).toEqual([{ n: 0 }, { n: 1 }]);
  expect([...found.keys()]).not.toContain("same");
  expect(run.reported.map(({ record: { kafkaOffset } }) => kafkaOffset)).toEqual([2]);
});

test("indices are named by a template, and made as records come", async () => {
  await using run = await startElasticsearchSink(topic, {
    "index.name": "${topic}-${value.tenant}-${timestamp:yyyy.MM}",
    "drop.invalid.message": "true",
  });
  const at = (month: number) => ({ timestamp: Date.UTC(2026, month, 1) });
  const index = (name: string) => `${topic}-${name}`;
  try {
    await run.put([
      record(topic, 0, "a", { tenant: "Red" }, at(0)),
      record(topic, 1, "b", { tenant: "blue" }, at(0)),
      record(topic, 2, "c", { tenant: "red" }, at(1)),
      record(topic, 3, "d", { tenant: "../x" }, at(1)),
      record(topic, 4, "e", {}, at(1)),
    ]);
    await commitUntil(run, topic, 5);
    expect([...(await documents(index("red-2026.01"))).keys()]).toEqual(["a"]);
    expect([...(await documents(index("blue-2026.01"))).keys()]).toEqual(["b"]);
    expect([...(await documents(index("red-2026.02"))).keys()]).toEqual(["c"]);
    expect(run.reported.map(({ record: { key } }) => key)).toEqual(["d", "e"]);
  } finally {
    for (const name of ["red-2026.01", "blue-2026.01", "red-2026.02"]) await dropIndex(index(name));
  }
});

test("documents are routed by a template", async () => {
  const url = `${await sharedElasticsearch()}/${topic}`;
  await call(url, "PUT", { mappings: { _routing: { required: true } } });
  await using run = await startElasticsearchSink(topic, {
    routing: "${key}",
    "behavior.on.null.values": "delete",
  });
  await run.put([
    record(topic, 0, "a", { n: 0 }),
    record(topic, 1, "b", { n: 1 }),
    record(topic, 2, "a", null),
  ]);
  await commitUntil(run, topic, 3);
  expect(await documents(topic)).toEqual(new Map([["b", { n: 1 }]]));
  const { body } = await call(`${url}/_doc/b?routing=b`);
  expect(body).toMatchObject({ _routing: "b" });
});

function versionHeader(version: number): Headers {
  const headers = new Headers();
  headers.add("v", String(version), STRING_SCHEMA);
  return headers;
}

test.each([
  [{ "version.source": "timestamp" }, (v: number) => ({ timestamp: v })],
  [{ "version.source": "field", "version.field": "v" }, () => ({})],
  [{ "external.version.header": "v" }, (v: number) => ({ headers: versionHeader(v) })],
])("the newer version wins, as %o says", async (props: Record<string, string>, parts) => {
  await using run = await startElasticsearchSink(topic, {
    ...props,
    "behavior.on.version.conflict": "report",
    "drop.invalid.message": "true",
  });
  const write = (offset: number, key: string, v: number) =>
    record(topic, offset, key, { v, offset }, parts(v));
  await run.put([write(0, "a", 5), write(1, "a", 7), write(2, "a", 6), write(3, "b", 2)]);
  await commitUntil(run, topic, 4);
  await run.put([record(topic, 4, "c", { none: 1 })]);
  await commitUntil(run, topic, 5);
  expect(await documents(topic)).toEqual(
    new Map([
      ["a", { v: 7, offset: 1 }],
      ["b", { v: 2, offset: 3 }],
    ]),
  );
  expect(run.reported.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/@2 .*version_conflict_engine_exception.*behavior.on.version.conflict/),
    expect.stringMatching(/@4: .*which is its version, is missing/),
  ]);
});

test("of two records of the same time, the later one counts", async () => {
  await using run = await startElasticsearchSink(topic, {
    "version.source": "timestamp",
    "batch.size": "2",
  });
  const records = Array.from({ length: 11 }, (_, n) =>
    record(topic, n, "k", { n }, { timestamp: 5 }),
  );
  await run.put(records);
  await commitUntil(run, topic, 11);
  expect(await documents(topic)).toEqual(new Map([["k", { n: 10 }]]));
});

test("without versions a topic made anew replaces what is there, in order", async () => {
  const write = async (from: number) => {
    const props = { "version.source": "none", "batch.size": "3" };
    await using run = await startElasticsearchSink(topic, props);
    const records = Array.from({ length: 12 }, (_, n) =>
      record(topic, from + n, `k${n % 2}`, { n: from + n }),
    );
    await run.put(records);
    await commitUntil(run, topic, from + 12);
  };
  await write(100);
  await write(0);
  expect(await documents(topic)).toEqual(
    new Map([
      ["k0", { n: 10 }],
      ["k1", { n: 11 }],
    ]),
  );
});

test.each(["ignore", "warn", "fail"])("a newer version is there: %s", async (behavior) => {
  const props = { "behavior.on.version.conflict": behavior };
  await using before = await startElasticsearchSink(topic, props);
  await before.put([record(topic, 9, "k", { n: 9 })]);
  await commitUntil(before, topic, 10);

  await using run = await startElasticsearchSink(topic, props);
  // The one that is there is delivered again, which is no conflict.
  await run.put([record(topic, 9, "k", { n: 9 })]);
  await commitUntil(run, topic, 10);
  await run.put([record(topic, 3, "k", { n: 3 }, { kafkaPartition: 1 })]);
  if (behavior === "fail") {
    // oxlint-disable-next-line vitest/no-conditional-expect -- one table, two outcomes
    expect((await failureOf(run)).message).toMatch(/@3 .*version_conflict_engine_exception/);
  } else {
    await commitUntil(run, topic, 4, { partition: 1 });
  }
  expect(run.reported).toHaveLength(behavior === "fail" ? 1 : 0);
  expect(run.logger.messages("warn")).toHaveLength(behavior === "warn" ? 1 : 0);
  expect(await documents(topic)).toEqual(new Map([["k", { n: 9 }]]));
});
