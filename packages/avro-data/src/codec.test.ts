import { parseConfig, type Schema, valueEquals } from "@millrace/connect-api";
import avsc from "avsc";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { int64s, typedValues } from "../test/arbitraries.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { AVRO_DATA_CONFIG } from "./config.ts";
import { fromConnectSchema } from "./from-connect-schema.ts";
import { parseAvroSchema } from "./parse-schema.ts";
import { compileReader } from "./reader.ts";
import { avroSchemaText } from "./schema-json.ts";
import { toConnectSchema } from "./to-connect-schema.ts";
import { compileWriter } from "./writer.ts";

const CONFIG = parseConfig(AVRO_DATA_CONFIG, {});

function encode(schema: Schema | null, value: unknown): Buffer {
  const out = new ByteWriter();
  compileWriter(schema, fromConnectSchema(schema, CONFIG), CONFIG)(value, out);
  return out.take();
}

/** Through the text of the schema, as a reader who knows nothing but it. */
function decode(schemaText: string, bytes: Buffer) {
  const avro = parseAvroSchema(schemaText);
  const schema = toConnectSchema(avro, CONFIG);
  const input = new ByteReader().open(bytes);
  const value = compileReader(avro, schema, CONFIG)(input);
  input.check();
  return { schema, value, rest: bytes.length - input.at };
}

test("any schema and value come back the same", () => {
  fc.assert(
    fc.property(typedValues, ({ schema, value }) => {
      const text = avroSchemaText(fromConnectSchema(schema, CONFIG));
      const again = decode(text, encode(schema, value));
      expect(again.schema?.equals(schema)).toBe(true);
      expect(valueEquals(again.value, value)).toBe(true);
      expect(again.rest).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("another implementation takes what is written for valid, to the last byte", () => {
  fc.assert(
    fc.property(typedValues, ({ schema, value }) => {
      const text = avroSchemaText(fromConnectSchema(schema, CONFIG));
      const type = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, {
        typeHook: (part) => {
          const name = typeof part === "string" ? part : (part as { type: unknown }).type;
          return name === "long" ? LONG : undefined;
        },
        noAnonymousTypes: false,
        wrapUnions: true,
      });
      const bytes = encode(schema, value);
      expect(type.toBuffer(type.fromBuffer(bytes))).toEqual(bytes);
    }),
    { numRuns: 200 },
  );
});

const LONG = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (n: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(n);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (n: unknown) => typeof n === "bigint",
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

const EDGES = [0, -1, 63, 64, -64, -65, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1];

test("integers of 64 bits are exact", () => {
  const written = (value: number | bigint) => {
    const out = new ByteWriter();
    out.long(value);
    return out.take();
  };
  fc.assert(
    fc.property(int64s, (value) => {
      expect(new ByteReader().open(written(value)).long()).toBe(value);
    }),
    {
      examples: [...EDGES, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)].map(
        (value): [number | bigint] => [value],
      ),
    },
  );
  expect(written(-(2n ** 63n)).toString("hex")).toBe("ffffffffffffffffff01");
});

test("texts of every length and script", () => {
  const out = new ByteWriter();
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 20 }),
      (texts) => {
        const messages = texts.map((text) => {
          out.begin();
          out.text(text, true);
          return out.take();
        });
        // All are read at the end: none may have been written over by a later one.
        for (const [i, bytes] of messages.entries()) {
          const input = new ByteReader().open(bytes);
          expect(input.text(input.int())).toBe(Buffer.from(texts[i]!).toString());
          expect(input.at).toBe(bytes.length);
        }
      },
    ),
  );
});

test("messages larger than a piece of memory", () => {
  const out = new ByteWriter();
  const parts = [10, 70_000, 3, 300_000, 65_536].map((length) => "ä".repeat(length));
  const messages = parts.map((part) => {
    out.begin();
    out.text("x", true);
    out.text(part, true);
    return out.take();
  });
  for (const [i, bytes] of messages.entries()) {
    const input = new ByteReader().open(bytes);
    expect([input.text(input.int()), input.text(input.int()) === parts[i]]).toEqual(["x", true]);
  }
});

test("a message cut off anywhere is an error, never a value", () => {
  fc.assert(
    fc.property(typedValues, fc.nat(), ({ schema, value }, cut) => {
      const text = avroSchemaText(fromConnectSchema(schema, CONFIG));
      const bytes = encode(schema, value);
      fc.pre(bytes.length > 0);
      expect(() => decode(text, bytes.subarray(0, cut % bytes.length))).toThrow(
        /ends before its value does|has no (type|symbol)/,
      );
    }),
  );
});
