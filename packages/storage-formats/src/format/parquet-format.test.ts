import * as fc from "fast-check";
import { parquetMetadata, parquetReadObjects, snappyUncompress } from "hyparquet";
import {
  BOOLEAN_SCHEMA,
  DataError,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { MemorySink } from "../../test/records.ts";
import { ParquetFormat } from "./parquet-format.ts";

const INNER = SchemaBuilder.struct()
  .field("n", OPTIONAL_INT64_SCHEMA)
  .field("texts", SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).optional().build())
  .optional()
  .build();

const ROW = SchemaBuilder.struct()
  .field("id", INT64_SCHEMA)
  .field("word", OPTIONAL_STRING_SCHEMA)
  .field("text", STRING_SCHEMA)
  .field("x", OPTIONAL_FLOAT64_SCHEMA)
  .field("flag", BOOLEAN_SCHEMA)
  .field("lists", SchemaBuilder.array(SchemaBuilder.array(INT32_SCHEMA).build()).optional().build())
  .field("map", SchemaBuilder.map(STRING_SCHEMA, OPTIONAL_STRING_SCHEMA).optional().build())
  .field("inner", INNER)
  .build();

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3 });
const WORDS = fc.constantFrom("", "ä", "one", "two", "\u{1f600}", "\ufffd");
const INT32 = fc.integer();
const INT64 = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);
const DOUBLE = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1.5));
const ROWS = fc.array(
  fc
    .tuple(
      INT64,
      nullable(WORDS),
      fc.string({ unit: "grapheme", maxLength: 60 }),
      nullable(DOUBLE),
      fc.boolean(),
      nullable(fc.array(fc.array(INT32, { maxLength: 3 }), { maxLength: 3 })),
      nullable(fc.array(fc.tuple(WORDS, nullable(WORDS)), { maxLength: 3 })),
      nullable(fc.tuple(nullable(INT64), nullable(fc.array(nullable(WORDS), { maxLength: 3 })))),
    )
    .map(([id, word, text, x, flag, lists, entries, inner]) => [
      id,
      word,
      text,
      x,
      flag,
      lists,
      entries && new Map(entries),
      inner && Struct.of(INNER, inner),
    ]),
  { maxLength: 100, size: "max" },
);

/** The last column does not take it, when the others have taken theirs. */
const misfit = (values: readonly unknown[]) => [...values.slice(0, -1), 7];

function refuses(write: () => void): boolean {
  try {
    write();
    return false;
  } catch (error) {
    return error instanceof DataError;
  }
}

/** Nothing when a row that does not fit is taken. */
function fileOf(
  schema: Schema,
  rows: readonly (readonly unknown[])[],
  rowGroupBytes: number,
  misfitEvery = Infinity,
): Buffer {
  const sink = new MemorySink();
  const file = new ParquetFormat("snappy", rowGroupBytes).open(schema, sink);
  const write = (values: readonly unknown[]) =>
    file.write({ topic: "t", schema, value: Struct.of(schema, [...values]) });
  for (const [i, values] of rows.entries()) {
    if (i % misfitEvery === 0 && !refuses(() => write(misfit(values)))) return Buffer.alloc(0);
    write(values);
  }
  void file.finish();
  return sink.bytes;
}

const SNAPPY = {
  SNAPPY: (input: Uint8Array, length: number) => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  },
};

async function rowsOf(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const { buffer, byteOffset, length } = bytes;
  const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file, compressors: SNAPPY });
  // The reader has null for some, undefined for others.
  for (const row of rows) for (const name of Object.keys(row)) row[name] ??= null;
  return rows;
}

/** As a reader shows a value of `ROW`. */
function shown([id, word, text, x, flag, lists, map, inner]: readonly unknown[]) {
  const struct = inner as Struct | null;
  const long = (n: unknown) => (n === null ? null : BigInt(n as number));
  return {
    id: long(id),
    word,
    text,
    x,
    flag,
    lists,
    map: map && Object.fromEntries(map as Map<string, string | null>),
    inner: struct && { n: long(struct.values[0]), texts: struct.values[1] ?? undefined },
  };
}

describe("what is read is what was written", () => {
  test("whatever is null, empty, repeated or too long for a dictionary, and after rows that did not fit", async () => {
    await fc.assert(
      fc.asyncProperty(
        ROWS,
        fc.constantFrom(500, 1_000_000),
        fc.integer({ min: 1, max: 9 }),
        async (rows, rowGroupBytes, misfitEvery) => {
          const file = fileOf(ROW, rows, rowGroupBytes, misfitEvery);
          const found = await rowsOf(file);
          // A float's zeros are told apart by `Object.is`, as `toEqual` does.
          expect(found).toEqual(rows.map(shown));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("pages end at a megabyte, and a column that stops to repeat goes on without dictionary", async () => {
    const schema = SchemaBuilder.struct()
      .field("word", STRING_SCHEMA)
      .field("list", SchemaBuilder.array(FLOAT64_SCHEMA).build())
      .build();
    const rows = Array.from({ length: 3000 }, (_, i) => [
      i < 1000 ? `word ${i % 10}` : `word ${i} ${"x".repeat(1000)}`,
      Array.from({ length: i % 400 }, (_, n) => i + n / 7),
    ]);
    const file = fileOf(schema, rows, 100_000_000, 500);
    expect(await rowsOf(file)).toEqual(rows.map(([word, list]) => ({ word, list })));
    const { buffer, byteOffset, length } = file;
    const metadata = parquetMetadata(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer);
    const [word, list] = metadata.row_groups[0]!.columns.map(({ meta_data }) => meta_data!);
    expect(word!.encoding_stats).toEqual([
      { page_type: "DATA_PAGE_V2", encoding: "PLAIN", count: 2 },
    ]);
    expect(list!.encoding_stats![0]!.count).toBeGreaterThan(3);
    const bounds = word!.statistics!;
    expect([bounds.min_value, bounds.null_count]).toEqual(["word 0", 0n]);
  });
});

test("what repeats is written once", async () => {
  const schema = SchemaBuilder.struct().field("n", INT64_SCHEMA).field("s", STRING_SCHEMA).build();
  const rows = Array.from({ length: 10_000 }, (_, i) => [i % 7, `a text of some length ${i % 50}`]);
  const file = fileOf(schema, rows, 100_000_000);
  expect(file.length).toBeLessThan(20_000);
  expect(await rowsOf(file)).toEqual(rows.map(([n, s]) => ({ n: BigInt(n as number), s })));
});
