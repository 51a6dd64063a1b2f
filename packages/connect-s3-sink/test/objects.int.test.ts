import {
  DataError,
  INT32_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Props,
  SchemaBuilder,
  type SinkRecordParts,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import {
  type SinkRun,
  type SinkRunOptions,
  startSink,
  TestPartition,
} from "@millrace/connect-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { S3SinkConnector } from "../src/index.ts";
import { Bucket } from "./bucket.ts";

const FORMAT = "io.confluent.connect.s3.format.";
const JSON_LINES = { "format.class": `${FORMAT}json.JsonFormat` };
const ROW = SchemaBuilder.struct()
  .name("Row")
  .field("n", INT32_SCHEMA)
  .field("text", OPTIONAL_STRING_SCHEMA)
  .build();

/** The server may have to be built. */
const PATIENCE = 900_000;

let bucket: Bucket;
let topics = 0;
beforeAll(async () => {
  bucket = await Bucket.create();
}, PATIENCE);
afterAll(() => bucket[Symbol.asyncDispose]());

/** A topic of its own in the bucket that all share. */
const newTopic = (): string => `topic-${topics++}`;

function start(topic: string, props: Props, options?: SinkRunOptions): Promise<SinkRun> {
  return startSink(
    S3SinkConnector,
    { ...bucket.props, topics: topic, "flush.size": "3", ...JSON_LINES, ...props },
    options,
  );
}

const row = (n: number, text: string | null = null): Partial<SinkRecordParts> => ({
  valueSchema: ROW,
  value: Struct.of(ROW, [n, text]),
});

const keysOf = async (topic: string): Promise<string[]> =>
  (await bucket.keys()).filter((key) => key.startsWith(`topics/${topic}/`));

const textOf = async (key: string): Promise<string> => (await bucket.read(key)).toString();

describe("cuts", () => {
  test("exactly each flush.size records; offsets of whole objects alone are committed", async () => {
    const topic = newTopic();
    await using run = await start(topic, {});
    const partition = new TestPartition(topic);
    await run.put(Array.from({ length: 8 }, (_, i) => partition.append(row(i))));
    expect([...(await run.commit())]).toEqual([[{ topic, partition: 0 }, 6]]);
    expect(await keysOf(topic)).toEqual([
      `topics/${topic}/partition=0/${topic}+0+0000000000.json`,
      `topics/${topic}/partition=0/${topic}+0+0000000003.json`,
    ]);
    expect(await textOf((await keysOf(topic))[1]!)).toBe(
      '{"n":3,"text":null}\n{"n":4,"text":null}\n{"n":5,"text":null}\n',
    );
    // It is said once.
    expect([...(await run.commit())]).toEqual([]);
  });

  test("flush.size counts the records of all directories, and all are completed together", async () => {
    const topic = newTopic();
    await using run = await start(topic, {
      "partitioner.class": "io.confluent.connect.storage.partitioner.FieldPartitioner",
      "partition.field.name": "text",
      "flush.size": "4",
    });
    const partition = new TestPartition(topic, 2);
    await run.put(["a", "b", "a", "c", "d"].map((text, n) => partition.append(row(n, text))));
    await run.commit();
    expect(run.committed.get({ topic, partition: 2 })).toBe(4);
    expect(await keysOf(topic)).toEqual([
      `topics/${topic}/text=a/${topic}+2+0000000000.json`,
      `topics/${topic}/text=b/${topic}+2+0000000001.json`,
      `topics/${topic}/text=c/${topic}+2+0000000003.json`,
    ]);
  });

  test("by the time of records, and at each change of directory", async () => {
    const topic = newTopic();
    const hourly = {
      "partitioner.class": "io.confluent.connect.storage.partitioner.HourlyPartitioner",
      "timestamp.extractor": "Record",
      locale: "en-US",
      timezone: "UTC",
      "flush.size": "100",
      "rotate.interval.ms": "600000",
    };
    await using run = await start(topic, hourly);
    const partition = new TestPartition(topic);
    const at = (iso: string) => partition.append({ ...row(1), timestamp: Date.parse(iso) });
    await run.put(
      ["00:00", "00:09", "00:10", "00:30", "01:00", "00:59"].map((time) =>
        at(`2024-05-01T${time}Z`),
      ),
    );
    await run.commit();
    expect(run.committed.get({ topic, partition: 0 })).toBe(5);
    expect((await keysOf(topic)).map((key) => key.slice(-32, -5))).toEqual(
      [
        `hour=00/${topic}+0+0000000000`,
        `hour=00/${topic}+0+0000000002`,
        `hour=00/${topic}+0+0000000003`,
        `hour=01/${topic}+0+0000000004`,
      ].map((key) => key.slice(-27)),
    );
  });

  test("by a new schema, unless it can be projected", async () => {
    const topic = newTopic();
    const version = (v: number, build: (b: SchemaBuilder) => SchemaBuilder) =>
      build(SchemaBuilder.struct().name("R").version(v)).build();
    const one = version(1, (b) => b.field("a", INT32_SCHEMA));
    const two = version(2, (b) => b.field("a", INT32_SCHEMA).field("b", OPTIONAL_STRING_SCHEMA));
    await using run = await start(topic, {
      "schema.compatibility": "BACKWARD",
      "flush.size": "100",
    });
    const partition = new TestPartition(topic);
    const of = (schema: typeof one, values: unknown[]) =>
      partition.append({ valueSchema: schema, value: Struct.of(schema, values) });
    await run.put([of(one, [0]), of(two, [1, "x"]), of(one, [2])]);
    await run.stop();
    expect(run.committed.get({ topic, partition: 0 })).toBe(1);
    await using again = await start(topic, {
      "schema.compatibility": "BACKWARD",
      "flush.size": "2",
    });
    const next = new TestPartition(topic, 0, 1);
    const after = (schema: typeof one, values: unknown[]) =>
      next.append({ valueSchema: schema, value: Struct.of(schema, values) });
    await again.put([after(two, [1, "x"]), after(one, [2])]);
    await again.commit();
    expect(await textOf((await keysOf(topic))[1]!)).toBe('{"a":1,"b":"x"}\n{"a":2,"b":null}\n');
  });

  test("by partitioner.max.open.files", async () => {
    const topic = newTopic();
    await using run = await start(topic, {
      "partitioner.class": "FieldPartitioner",
      "partition.field.name": "text",
      "partitioner.max.open.files": "2",
      "flush.size": "100",
    });
    const partition = new TestPartition(topic);
    await run.put(["a", "b", "a", "c"].map((text, n) => partition.append(row(n, text))));
    await run.commit();
    expect(run.committed.get({ topic, partition: 0 })).toBe(3);
  });
});

describe("objects", () => {
  test.for([
    ["avro.AvroFormat", {}, ".avro", "application/avro", undefined],
    ["parquet.ParquetFormat", {}, ".snappy.parquet", "application/vnd.apache.parquet", undefined],
    [
      "parquet.ParquetFormat",
      { "parquet.codec": "none" },
      ".parquet",
      "application/vnd.apache.parquet",
      undefined,
    ],
    ["json.JsonFormat", { "s3.compression.type": "gzip" }, ".json.gz", "application/json", "gzip"],
    ["json.JsonFormat", { "s3.compression.type": "zstd" }, ".json.zst", "application/json", "zstd"],
  ] as const)("of %s with %o", async ([format, props, extension, type, encoding]) => {
    const topic = newTopic();
    await using run = await start(topic, { ...props, "format.class": FORMAT + format });
    const partition = new TestPartition(topic);
    await run.put([0, 1, 2].map((n) => partition.append(row(n))));
    await run.commit();
    const [key] = await keysOf(topic);
    expect(key).toBe(`topics/${topic}/partition=0/${topic}+0+0000000000${extension}`);
    const { ContentType, ContentEncoding, Metadata } = await bucket.head(key!);
    expect([ContentType, ContentEncoding]).toEqual([type, encoding]);
    expect(Metadata).toEqual({
      "millrace-batch-start": "0",
      "millrace-batch-end": "2",
      "millrace-record-count": "3",
    });
  });

  test("larger than a part go in parts, complete to the last byte", async () => {
    const topic = newTopic();
    const format = { "format.class": `${FORMAT}bytearray.ByteArrayFormat` };
    await using run = await start(topic, {
      ...format,
      "s3.part.size": "5242880",
      "flush.size": "13",
    });
    const partition = new TestPartition(topic);
    const values = Array.from({ length: 13 }, (_, i) => Buffer.alloc(1_000_000, i));
    await run.put(values.map((value) => partition.append({ value })));
    await run.commit();
    const content = await bucket.read((await keysOf(topic))[0]!);
    expect(content.equals(Buffer.concat(values.flatMap((v) => [v, Buffer.from("\n")])))).toBe(true);
    expect(await bucket.unfinishedUploads()).toBe(0);
  });

  test("open ones beyond buffer.memory wait on disk, and come out whole", async () => {
    const topic = newTopic();
    const directories = 40;
    await using run = await start(topic, {
      "partitioner.class": "FieldPartitioner",
      "partition.field.name": "n",
      "buffer.memory": "1048576",
      "flush.size": "400",
    });
    const partition = new TestPartition(topic);
    for (let i = 0; i < 10; i++) {
      const texts = Array.from({ length: directories }, (_, n) =>
        row(n, `${i} ${"x".repeat(20_000)}`),
      );
      await run.put(texts.map((parts) => partition.append(parts)));
    }
    await run.commit();
    const keys = await keysOf(topic);
    expect(keys.length).toBe(directories);
    for (const key of keys) {
      const lines = (await textOf(key)).trim().split("\n");
      expect(lines.map((line) => (JSON.parse(line) as { text: string }).text.slice(0, 2))).toEqual(
        Array.from({ length: 10 }, (_, i) => `${i} `),
      );
    }
  });

  test("keys and headers beside the values, line by line", async () => {
    const topic = newTopic();
    await using run = await start(topic, {
      "store.kafka.keys": "true",
      "keys.format.class": `${FORMAT}json.JsonFormat`,
      "store.kafka.headers": "true",
      "headers.format.class": `${FORMAT}json.JsonFormat`,
      "behavior.on.null.values": "write",
    });
    const partition = new TestPartition(topic);
    const records = [0, 1, 2].map((n) => {
      const record = partition.append({ ...row(n), keySchema: STRING_SCHEMA, key: `k${n}` });
      record.headers.addString("h", `v${n}`);
      return record;
    });
    const gone = partition.append({ keySchema: STRING_SCHEMA, key: "gone" });
    gone.headers.addInt("i", 1);
    await run.put([...records, gone, partition.append({ ...row(4), key: null })]);
    expect(run.reported.map(({ error }) => error.message)).toEqual([
      `The record at offset 4 of ${topic}-0 cannot be written: The record has no key, and store.kafka.keys asks for it`,
    ]);
    await run.stop();
    const prefix = `topics/${topic}/partition=0/${topic}+0+0000000000`;
    expect(await keysOf(topic)).toEqual([
      `${prefix}.headers.json`,
      `${prefix}.json`,
      `${prefix}.keys.json`,
    ]);
    expect(await textOf(`${prefix}.keys.json`)).toBe('"k0"\n"k1"\n"k2"\n');
    expect(await textOf(`${prefix}.headers.json`)).toContain('[{"key":"h","value":"v1"}]\n');
  });

  test("are tagged", async () => {
    const topic = newTopic();
    await using run = await start(topic, {
      "s3.object.tagging": "true",
      "s3.object.tagging.key.value.pairs": "team:lake",
    });
    const partition = new TestPartition(topic);
    await run.put([0, 1, 2].map((n) => partition.append(row(n))));
    await run.commit();
    expect(await bucket.tags((await keysOf(topic))[0]!)).toEqual({
      startOffset: "0",
      endOffset: "2",
      recordCount: "3",
      team: "lake",
    });
  });
});

describe("records that cannot be written", () => {
  test("go to the dead-letter topic, and the others are written", async () => {
    const topic = newTopic();
    await using run = await start(topic, {
      "partitioner.class": "FieldPartitioner",
      "partition.field.name": "n",
    });
    const partition = new TestPartition(topic);
    const records = [row(1), { value: "text" }, row(1), {}, row(1), { value: { m: 1 } }];
    await run.put(records.map((parts) => partition.append(parts)));
    await run.commit();
    expect(run.committed.get({ topic, partition: 0 })).toBe(6);
    expect(run.reported.map(({ record, error }) => [record.kafkaOffset, error.message])).toEqual([
      [1, expect.stringContaining("The value is no struct and no map")],
      [3, expect.stringContaining("it has no value. Set behavior.on.null.values=ignore")],
      [5, expect.stringContaining("The record has no field n")],
    ]);
    expect((await keysOf(topic)).length).toBe(1);
  });

  test("fail the task where there is none", async () => {
    const topic = newTopic();
    await using run = await start(
      topic,
      { "format.class": `${FORMAT}parquet.ParquetFormat` },
      { errantRecordReporter: false },
    );
    const record = new TestPartition(topic).append({ value: { a: 1 } });
    const failure = await run.put([record]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DataError);
    expect((failure as Error).message).toBe(
      `The record at offset 0 of ${topic}-0 cannot be written: Parquet files take structs, but the value has no schema: use a converter with schemas, or another format.class`,
    );
  });

  test("without value are skipped with ignore", async () => {
    const topic = newTopic();
    await using run = await start(topic, { "behavior.on.null.values": "ignore" });
    const partition = new TestPartition(topic);
    await run.put([row(0), {}, row(1), {}, row(2), {}].map((parts) => partition.append(parts)));
    await run.commit();
    expect(run.committed.get({ topic, partition: 0 })).toBe(6);
    expect(run.reported.length).toBe(3);
  });
});
