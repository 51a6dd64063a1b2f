import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { AVRO_DATA_CONFIG } from "@millrace/avro-data";
import {
  Decimal,
  decimalSchema,
  INT32_SCHEMA,
  INT64_SCHEMA,
  parseConfig,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { EDGE_ROWS, EDGES } from "../../test/edge-table.ts";
import { MemorySink, record } from "../../test/records.ts";
import { AvroFileFormat } from "./avro-format.ts";
import { ByteArrayFormat } from "./byte-array-format.ts";
import { JsonFormat } from "./json-format.ts";
import { ParquetFormat } from "./parquet-format.ts";
import { type RecordFormat, valueOf } from "./record-format.ts";
import { StringFormat } from "./string-format.ts";

const PLAIN = { compression: "none", level: -1 } as const;

async function contentOf(format: RecordFormat, values: readonly unknown[]): Promise<Buffer> {
  const sink = new MemorySink();
  const file = format.open(null, sink);
  for (const value of values) file.write(valueOf(record({ value })));
  await file.finish();
  expect(file.held).toBe(0);
  return sink.bytes;
}

describe("lines", () => {
  test("JSON: a text is quoted, 64 bits are exact", async () => {
    const values = ["a\nb", { n: 2n ** 60n, x: [1, null] }, null, 1.5];
    expect((await contentOf(new JsonFormat(PLAIN, "BASE64"), values)).toString()).toBe(
      '"a\\nb"\n{"n":1152921504606846976,"x":[1,null]}\nnull\n1.5\n',
    );
  });

  test("JSON of a struct, with decimals as asked for", () => {
    const schema = SchemaBuilder.struct().field("d", decimalSchema(2)).build();
    const value = new Struct(schema).put("d", Decimal.parse("1.50"));
    const line = (format: string) => {
      const sink = new MemorySink();
      const file = new JsonFormat(PLAIN, format).open(schema, sink);
      file.write(valueOf(record({ valueSchema: schema, value })));
      file.flush();
      return sink.bytes.toString();
    };
    expect([line("NUMERIC"), line("BASE64")]).toEqual(['{"d":1.50}\n', '{"d":"AJY="}\n']);
  });

  test.for(["gzip", "zstd"] as const)("%s: one stream, however long", async (compression) => {
    const format = new JsonFormat({ compression, level: -1 }, "BASE64");
    const values = Array.from({ length: 20_000 }, (_, i) => ({ i, text: `record number ${i} ä` }));
    const content = await contentOf(format, values);
    const plain = compression === "gzip" ? gunzipSync(content) : zstdDecompressSync(content);
    expect(plain.toString()).toBe(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    expect(format.extension).toBe(compression === "gzip" ? ".json.gz" : ".json.zst");
    expect(content.length).toBeLessThan(plain.length / 3);
  });

  test("bytes with their separator", async () => {
    const format = new ByteArrayFormat(PLAIN, ".bin", "||");
    const values = [Buffer.from([0, 255]), Buffer.alloc(0), Buffer.alloc(200_000, 7)];
    expect(await contentOf(format, values)).toEqual(
      Buffer.concat(values.flatMap((value) => [value, Buffer.from("||")])),
    );
    await expect(contentOf(format, ["text"])).rejects.toThrow("ByteArrayFormat takes bytes");
  });

  test("texts", async () => {
    const format = new StringFormat(PLAIN);
    expect((await contentOf(format, ["a", 5, null])).toString()).toBe("a\n5\nnull\n");
    expect(format.extension).toBe(".txt");
  });
});

describe("files with a schema", () => {
  const config = parseConfig(AVRO_DATA_CONFIG, {});
  const FORMATS: readonly RecordFormat[] = [
    new AvroFileFormat("null", config),
    new ParquetFormat("snappy", 1_000_000),
  ];

  test.for(FORMATS.map((format) => [format.extension, format] as const))(
    "%s: the same records give the same bytes, and one that does not fit leaves no trace",
    async ([, format]) => {
      const bytesOf = async (bad: number) => {
        const sink = new MemorySink();
        const file = format.open(EDGES, sink);
        for (const value of EDGE_ROWS) {
          file.write(valueOf(record({ valueSchema: EDGES, value })));
          const broken = Struct.of(EDGES, [
            ...value.values.slice(0, 8),
            7,
            ...value.values.slice(9),
          ]);
          for (let i = 0; i < bad; i++) {
            expect(() => file.write(valueOf(record({ value: broken })))).toThrow("Invalid type");
          }
        }
        await file.finish();
        return sink.bytes;
      };
      expect(await bytesOf(2)).toEqual(await bytesOf(0));
    },
  );

  test("Parquet takes structs that have fields", () => {
    const parquet = new ParquetFormat("none", 1);
    const open = (schema: Parameters<RecordFormat["open"]>[0]) => () =>
      parquet.open(schema, new MemorySink());
    expect(open(null)).toThrow("Parquet files take structs, but the value has no schema");
    expect(open(STRING_SCHEMA)).toThrow("is of type STRING");
    expect(open(SchemaBuilder.struct().build())).toThrow("a struct without fields");
  });

  test("a decimal with more digits than its column is refused by name", () => {
    const schema = SchemaBuilder.struct()
      .field("price", decimalSchema(2, { precision: 5 }))
      .build();
    const file = new ParquetFormat("none", 1000).open(schema, new MemorySink());
    const value = new Struct(schema).put("price", Decimal.parse("1000.00"));
    expect(() => file.write(valueOf(record({ value })))).toThrow(
      "The decimal 1000.00 of price does not fit 5 digits, 2 of them after the point",
    );
  });

  test("row groups and blocks go to the sink on the way", () => {
    const schema = SchemaBuilder.struct().field("a", INT64_SCHEMA).field("b", INT32_SCHEMA).build();
    const sink = new MemorySink();
    const file = new ParquetFormat("none", 1600).open(schema, sink);
    for (let i = 0; i < 150; i++) file.write(valueOf(record({ value: Struct.of(schema, [i, i]) })));
    expect(sink.parts.length).toBe(1);
    // Of what buffers have grown to.
    expect(file.held).toBeGreaterThanOrEqual(50 * 16);
    expect(file.held).toBeLessThan(10_000);
    file.flush();
    expect([file.held, sink.parts.length]).toEqual([0, 2]);
  });
});
