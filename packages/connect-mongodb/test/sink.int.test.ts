import {
  Decimal,
  decimalSchema,
  type Props,
  type RecordParts,
  SchemaBuilder,
  type SinkRecord,
  Struct,
  STRING_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  FLOAT64_SCHEMA,
  BYTES_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { startSink, TestPartition } from "@millrace/connect-testkit";
import { BSON, Long } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MongoSinkConnector } from "../src/index.ts";
import { type Document, hasReplicaSet, testDatabase, type TestDatabase } from "./mongo.ts";

const STRATEGY = "com.mongodb.kafka.connect.sink.writemodel.strategy.";
const ID = "com.mongodb.kafka.connect.sink.processor.id.strategy.";
const PROCESSOR = "com.mongodb.kafka.connect.sink.processor.";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const isReplicaSet = await hasReplicaSet();

let topics = 0;
/** A topic of a test's own, which is its collection too. */
const topicName = () => `topic${++topics}`;

type Data = Pick<Partial<RecordParts>, "key" | "value" | "keySchema" | "valueSchema" | "timestamp">;

function records(topic: string, data: readonly Data[]): SinkRecord[] {
  const partition = new TestPartition(topic);
  return data.map((parts) => partition.append({ key: null, value: null, ...parts }));
}

/** Puts records, twice if asked, and gives the collection's documents and what was reported. */
async function put(
  props: Props,
  data: readonly Data[],
  { twice = false, topic = topicName() } = {},
) {
  await using run = await startSink(MongoSinkConnector, {
    ...database.props,
    topics: topic,
    ...props,
  });
  await run.put(records(topic, data));
  if (twice) {
    await using again = await startSink(MongoSinkConnector, {
      ...database.props,
      topics: topic,
      ...props,
    });
    await again.put(records(topic, data));
  }
  return { documents: await database.documents(topic), reported: run.reported };
}

const tolerant = { "mongo.errors.tolerance": "all" };
const json = (...documents: unknown[]) =>
  documents.map((value) => ({ value: JSON.stringify(value) }));

describe("records become documents", () => {
  test("texts with extended JSON, numbers by their notation, longs exactly", async () => {
    const topic = topicName();
    const value =
      '{"_id": 1, "i": 5, "l": 9007199254740993, "d": 1.0, "x": {"$numberLong": "5"}, "o": {"$oid": "6b0028d7746fb1e3d83c6d98"}, "t": {"$date": 1704164645000}, "s": "2024", "b": {"$binary": "AQI=", "$type": "00"}, "n": null, "a": [1, {"$numberDecimal": "1.50"}]}';
    await put({}, [{ value }], { topic });
    const [raw] = await database.db.collection(topic).find({}, { promoteValues: false }).toArray();
    expect(BSON.EJSON.stringify(raw!, { relaxed: false })).toBe(
      '{"_id":{"$numberInt":"1"},"i":{"$numberInt":"5"},"l":{"$numberLong":"9007199254740993"},"d":{"$numberDouble":"1.0"},"x":{"$numberLong":"5"},"o":{"$oid":"6b0028d7746fb1e3d83c6d98"},"t":{"$date":{"$numberLong":"1704164645000"}},"s":"2024","b":{"$binary":{"base64":"AQI=","subType":"00"}},"n":null,"a":[{"$numberInt":"1"},{"$numberDecimal":"1.50"}]}',
    );
  });

  test("structs by their schemas", async () => {
    const topic = topicName();
    const inner = SchemaBuilder.struct().field("x", INT32_SCHEMA).build();
    const schema = SchemaBuilder.struct()
      .field("_id", STRING_SCHEMA)
      .field("l", INT64_SCHEMA)
      .field("d", FLOAT64_SCHEMA)
      .field("dec", decimalSchema(2))
      .field("t", TIMESTAMP_SCHEMA)
      .field("b", BYTES_SCHEMA)
      .field("a", SchemaBuilder.array(inner).build())
      .field("m", SchemaBuilder.map(STRING_SCHEMA, INT64_SCHEMA).build())
      .build();
    const value = new Struct(schema)
      .put("_id", "a")
      .put("l", 9_007_199_254_740_993n)
      .put("d", 2)
      .put("dec", new Decimal(150n, 2))
      .put("t", new Date(5))
      .put("b", Buffer.from([1, 2]))
      .put("a", [new Struct(inner).put("x", 1)])
      .put("m", new Map([["k", 1]]));
    await put({}, [{ value, valueSchema: schema }], { topic });
    const [raw] = await database.db.collection(topic).find({}, { promoteValues: false }).toArray();
    expect(BSON.EJSON.stringify(raw!, { relaxed: false })).toBe(
      '{"_id":"a","l":{"$numberLong":"9007199254740993"},"d":{"$numberDouble":"2.0"},"dec":{"$numberDecimal":"1.50"},"t":{"$date":{"$numberLong":"5"}},"b":{"$binary":{"base64":"AQI=","subType":"00"}},"a":[{"x":{"$numberInt":"1"}}],"m":{"k":{"$numberLong":"1"}}}',
    );
  });

  test("data without schema, whose whole numbers are longs, and bytes with BSON", async () => {
    const { documents } = await put({}, [
      { value: { _id: "map", n: 5, o: { x: 1.5 } } },
      {
        value: new Map<string, unknown>([
          ["_id", "map2"],
          ["7", [true, null]],
        ]),
      },
      { value: BSON.serialize({ _id: "bson", l: Long.fromNumber(7) }) },
    ]);
    expect(documents).toEqual([
      { _id: "bson", l: 7 },
      { _id: "map", n: 5, o: { x: 1.5 } },
      { _id: "map2", 7: [true, null] },
    ]);
  });

  test("what is no document is reported in Java's words, and the rest is written", async () => {
    const { documents, reported } = await put(tolerant, [
      { value: "not json" },
      { key: "4" },
      { value: "[1]" },
      { value: 5 },
      { value: Buffer.from("rubbish") },
      { value: '{"$oid": 5, "_id": 2}' },
      ...json({ _id: 1 }),
    ]);
    expect(documents).toEqual([{ _id: 1 }]);
    expect(reported.map(({ error }) => error.message)).toEqual([
      "Could not convert value 'not json' (java.lang.String) into a BsonDocument.",
      "Could not create write model",
      "Could not convert value '[1]' (java.lang.String) into a BsonDocument.",
      "Could not convert value '5' (java.lang.Integer) into a BsonDocument.",
      "Could not convert value '…' ([B) into a BsonDocument.",
      `Could not convert value '{"$oid": 5, "_id": 2}' (java.lang.String) into a BsonDocument.`,
    ]);
  });

  test("without tolerance the task fails, and says which record it was", async () => {
    await expect(put({}, [{ value: "not json" }])).rejects.toThrow(
      /record topic\d+-0@0.*not json.*no JSON/,
    );
  });
});

describe("write models", () => {
  const twice = { twice: true };
  test.each<[string, Props, Data[], Document[]]>([
    ["ReplaceOneDefaultStrategy", {}, json({ _id: 1, a: 1 }, { _id: 1, b: 2 }), [{ _id: 1, b: 2 }]],
    [
      "UpdateOneDefaultStrategy",
      {},
      json({ _id: 1, a: 1 }, { _id: 1, b: 2 }, { _id: 2 }),
      [{ _id: 1, a: 1, b: 2 }, { _id: 2 }],
    ],
    [
      "ReplaceOneBusinessKeyStrategy",
      partialValue("k,o.p"),
      json({ k: 1, o: { p: 1, q: 1 }, a: 1 }, { k: 1, o: { p: 1, q: 2 } }, { k: 2, o: { p: 1 } }),
      [
        { k: 1, o: { p: 1, q: 2 } },
        { k: 2, o: { p: 1 } },
      ],
    ],
    ["DeleteOneBusinessKeyStrategy", partialValue("k"), json({ k: 1, a: 1 }), []],
  ])("%s, twice the same", async (name, props, data, expected) => {
    const { documents } = await put(
      { "writemodel.strategy": STRATEGY + name, ...props },
      data,
      twice,
    );
    const ownId = props["document.id.strategy"] === undefined ? "" : "_id";
    const found = documents.map((document) => without(document, ownId));
    expect(found.sort((a, b) => Number(a["k"] ?? 0) - Number(b["k"] ?? 0))).toEqual(expected);
  });

  test("InsertOneDefaultStrategy reports what is there already", async () => {
    const props = { "writemodel.strategy": `${STRATEGY}InsertOneDefaultStrategy`, ...tolerant };
    const { documents, reported } = await put(
      props,
      json({ _id: 1, a: 1 }, { _id: 1, a: 2 }, { _id: 2 }),
    );
    expect(documents).toEqual([{ _id: 1, a: 1 }, { _id: 2 }]);
    expect(reported).toHaveLength(1);
    expect(reported[0]!.error).toMatchObject({
      javaName: "com.mongodb.kafka.connect.sink.dlq.WriteException",
      message: expect.stringMatching(/^v=1, code=11000, message=E11000 duplicate key/) as string,
    });
  });

  test.each(["UpdateOneTimestampsStrategy", "UpdateOneBusinessKeyTimestampStrategy"])(
    "%s keeps when a document was inserted",
    async (name) => {
      const props = {
        "writemodel.strategy": STRATEGY + name,
        ...(name.includes("Business") ? partialValue("k") : {}),
      };
      const { documents } = await put(props, json({ _id: 1, k: 1, a: 1 }), twice);
      expect(documents).toHaveLength(1);
      const { _insertedTS: inserted, _modifiedTS: modified, a, k } = documents[0]!;
      expect([a, k]).toEqual([1, 1]);
      expect((modified as Date).getTime()).toBeGreaterThanOrEqual((inserted as Date).getTime());
    },
  );

  test("null values delete by the key, when they may", async () => {
    const key = '{"_id": 1}';
    const data = [
      { key, value: '{"_id": 1}' },
      { key: '{"x": 2}', value: '{"_id": {"x": 2}}' },
      { key },
      { key: '{"x": 2}' },
    ];
    const { documents } = await put({ "delete.on.null.values": "true" }, data);
    expect(documents).toEqual([]);
  });

  test("DeleteOneTombstoneBusinessKeyStrategy deletes by the partial key", async () => {
    const props = {
      "delete.on.null.values": "true",
      "writemodel.strategy": `${STRATEGY}ReplaceOneBusinessKeyStrategy`,
      "delete.writemodel.strategy": `${STRATEGY}DeleteOneTombstoneBusinessKeyStrategy`,
      "document.id.strategy": `${ID}PartialKeyStrategy`,
      "document.id.strategy.partial.key.projection.type": "allowlist",
      "document.id.strategy.partial.key.projection.list": "k",
      "document.id.strategy.overwrite.existing": "true",
    };
    const data = [
      { key: '{"k": 1, "z": 0}', value: '{"k": 1, "a": 1}' },
      { key: '{"k": 1, "z": 5}' },
    ];
    expect((await put(props, data.slice(0, 1))).documents).toMatchObject([{ k: 1, a: 1 }]);
    expect((await put(props, data)).documents).toEqual([]);
  });

  function partialValue(list: string): Props {
    return {
      "document.id.strategy": `${ID}PartialValueStrategy`,
      "document.id.strategy.partial.value.projection.type": "allowlist",
      "document.id.strategy.partial.value.projection.list": list,
      "document.id.strategy.overwrite.existing": "true",
    };
  }
});

describe("document ids", () => {
  const key = '{"k": 1, "_id": "from key"}';
  const uuid = "00112233-4455-6677-8899-aabbccddeeff";
  test.each<[string, Props, Data, unknown]>([
    ["FullKeyStrategy", {}, { key, value: "{}" }, { k: 1, _id: "from key" }],
    ["KafkaMetaDataStrategy", {}, { value: "{}" }, expect.stringMatching(/^topic\d+#0#0$/)],
    [
      "PartialKeyStrategy",
      { "key.projection.type": "blocklist", "key.projection.list": "_id" },
      { key, value: "{}" },
      { k: 1 },
    ],
    [
      "PartialValueStrategy",
      { "value.projection.type": "AllowList", "value.projection.list": "a" },
      { value: '{"a": 1, "b": 2}' },
      { a: 1 },
    ],
    ["ProvidedInKeyStrategy", {}, { key, value: "{}" }, "from key"],
    ["ProvidedInValueStrategy", {}, { value: '{"_id": 7}' }, 7],
    ["UuidStrategy", {}, { value: "{}" }, expect.stringMatching(/^[\da-f-]{36}$/)],
    [
      "UuidStrategy",
      { "document.id.strategy.uuid.format": "binary" },
      { value: "{}" },
      expect.objectContaining({ sub_type: 4 }),
    ],
    [
      "UuidProvidedInKeyStrategy",
      {},
      { key: `{"_id": "${uuid}"}`, value: "{}" },
      expect.objectContaining({ sub_type: 4 }),
    ],
    [
      "UuidProvidedInValueStrategy",
      {},
      { value: `{"_id": "${uuid.replaceAll("-", "")}"}` },
      expect.objectContaining({ sub_type: 4 }),
    ],
    ["BsonOidStrategy", {}, { value: "{}" }, expect.objectContaining({ _bsontype: "ObjectId" })],
  ])("%s %o", async (name, props, data, expected) => {
    const overwrite = { "document.id.strategy.overwrite.existing": "true" };
    const { documents } = await put({ "document.id.strategy": ID + name, ...overwrite, ...props }, [
      data,
    ]);
    expect(documents).toHaveLength(1);
    expect(documents[0]!["_id"]).toEqual(expected);
  });

  test("ids that the records lack are reported", async () => {
    const props = { "document.id.strategy": `${ID}ProvidedInKeyStrategy`, ...tolerant };
    const { reported } = await put(props, [{ value: "{}" }, { key: '{"_id": null}', value: "{}" }]);
    expect(reported.map(({ error }) => error.message)).toEqual([
      expect.stringMatching(/contained no _id field or it was null/),
      expect.stringMatching(/an _id of type BsonNull/),
    ]);
  });
});

describe("post processors", () => {
  test("project, rename, remove nulls and add what Kafka knows, in their order", async () => {
    const props = {
      "post.processor.chain": [
        "DocumentIdAdder",
        "BlockListValueProjector",
        "field.renaming.RenameByMapping",
        "field.renaming.RenameByRegExp",
        "NullFieldValueRemover",
        "KafkaMetaAdder",
      ]
        .map((name) => PROCESSOR + name)
        .join(","),
      "value.projection.list": "secret,o.secret,l.secret",
      "field.renamer.mapping": '[{"oldName": "value.a", "newName": "A"}]',
      "field.renamer.regexp": String.raw`[{"regexp": "^value\\.o\\..*$", "pattern": "_(.)", "replace": "-$1"}]`,
    };
    const value =
      '{"_id": 1, "a": 1, "secret": 1, "o": {"x_y": 1, "secret": 1, "n": null}, "l": [{"secret": 1, "z": 1}], "n": null}';
    const { documents } = await put(props, [{ value, timestamp: 5 }]);
    expect(documents).toEqual([
      {
        _id: 1,
        A: 1,
        o: { "x-y": 1 },
        l: [{ z: 1 }],
        "topic-partition-offset": expect.stringMatching(/^topic\d+-0-0$/),
        CREATE_TIME: 5,
      },
    ]);
  });
});

describe("where records go", () => {
  test("topics of their own settings, and namespaces by fields", async () => {
    const [one, two] = [topicName(), topicName()];
    const props = {
      ...database.props,
      topics: `${one},${two}`,
      [`topic.override.${two}.namespace.mapper`]:
        "com.mongodb.kafka.connect.sink.namespace.mapping.FieldPathNamespaceMapper",
      [`topic.override.${two}.namespace.mapper.value.collection.field`]: "o.c",
    };
    await using run = await startSink(MongoSinkConnector, props);
    await run.put([
      ...records(one, json({ _id: 1 })),
      ...records(two, json({ _id: 2, o: { c: `${one}x` } }, { _id: 3 })),
    ]);
    expect(await database.documents(one)).toEqual([{ _id: 1 }]);
    expect(await database.documents(`${one}x`)).toEqual([{ _id: 2, o: { c: `${one}x` } }]);
    expect(await database.documents(two)).toEqual([{ _id: 3 }]);
  });
});

describe("errors of single records", () => {
  const large = { _id: 2, x: "x".repeat(17 << 20) };
  test.each(["true", "false"])(
    "only what is refused is reported, the rest is written (ordered=%s)",
    async (ordered) => {
      const props = { "bulk.write.ordered": ordered, ...tolerant };
      const { documents, reported } = await put(
        props,
        json({ _id: 1 }, large, { _id: 3, $bad: 1 }, { _id: 4 }),
      );
      expect(documents.map(({ _id }) => _id)).toEqual(expect.arrayContaining([1, 4]));
      expect(documents.map(({ _id }) => _id)).not.toContain(2);
      expect(reported.map(({ record }) => record.kafkaOffset)).toContain(1);
      expect(reported[0]!.error.message).toMatch(/^v=1, code=0, message=Document is larger/);
    },
  );

  test("writes of one document keep their order where bulk writes are unordered", async () => {
    const data = Array.from({ length: 200 }, (_, i) => ({
      key: `{"_id": ${i % 7}}`,
      value: i % 5 === 0 ? null : `{"_id": ${i % 7}, "i": ${i}}`,
    }));
    const props = { "bulk.write.ordered": "false", "delete.on.null.values": "true" };
    const { documents } = await put(props, data);
    const model = new Map<number, number>();
    data.forEach(
      ({ value }, i) => void (value === null ? model.delete(i % 7) : model.set(i % 7, i)),
    );
    expect(documents).toEqual([...model].sort(([a], [b]) => a - b).map(([_id, i]) => ({ _id, i })));
  });
});

describe("time series", () => {
  const series = {
    "timeseries.timefield": "t",
    "timeseries.metafield": "m",
    "timeseries.timefield.auto.convert": "true",
  };

  test("a collection that is none is refused", async () => {
    const topic = topicName();
    await database.collection(topic).insertOne({ _id: 1 as never });
    await expect(put(series, json({ t: 5 }), { topic })).rejects.toThrow(
      /A collection already exists for: `.*` that is not a timeseries collection/,
    );
  });

  // mongo-java-server has none of these: there is nothing to test without a replica set.
  test.each(isReplicaSet ? ["with"] : [])(
    "%s a replica set, the collection is made, and times are dates",
    async () => {
      const topic = topicName();
      const { documents } = await put(
        series,
        json({ t: 5, m: "a" }, { t: "2024-01-02T03:04:05Z", m: "b" }),
        { topic },
      );
      expect(documents.map(({ t, m }) => [t, m])).toEqual(
        expect.arrayContaining([
          [new Date(5), "a"],
          [new Date("2024-01-02T03:04:05Z"), "b"],
        ]),
      );
      const found = await database.db.listCollections({ name: topic }).next();
      expect(found).toMatchObject({ type: "timeseries" });
    },
  );
});

function without(document: Document, name: string): Document {
  const { [name]: _left, ...rest } = document;
  return rest;
}
