import { DECIMAL_NAME, type Schema } from "@millrace/connect-api";
import { decodeText } from "./decode.ts";
import { FRACTION, LONG_INTEGER, lossyParts, ODD_KEY } from "./lossy-parts.ts";
import { parseAnyWhole, parseExact, parseExactWhole } from "./parse.ts";
import type { Readers } from "./reader.ts";
import { JsonSyntaxError } from "./syntax-error.ts";

/** How payloads of one schema are read. */
export interface PayloadReader {
  /** Null for payloads without schema. */
  readonly schema: Schema | null;
  /**
   * The value of the payload that stands at these bytes.
   * @throws {SyntaxError | JsonSyntaxError} when it is not one JSON value, {DataError} when it does not fit
   */
  readonly read: (bytes: Buffer, start: number, end: number) => unknown;
}

const INTEGERS: ReadonlySet<string> = new Set(["INT8", "INT16", "INT32", "INT64"]);

export function payloadReader(schema: Schema | null, readers: Readers): PayloadReader {
  if (schema === null) return { schema, read: parseAnyWhole };
  const read = readers.of(schema);
  const types = [...schemasIn(schema)];
  const hasDecimals = types.some(({ name }) => name === DECIMAL_NAME);
  let lossy = 0;
  if (hasDecimals || types.some(({ type }) => INTEGERS.has(type))) lossy |= LONG_INTEGER;
  if (types.some(({ type }) => type === "MAP")) lossy |= ODD_KEY;
  if (lossy === 0) {
    return { schema, read: (bytes, start, end) => read(JSON.parse(decodeText(bytes, start, end))) };
  }
  return {
    schema,
    read(bytes, start, end) {
      const text = decodeText(bytes, start, end);
      const parts = lossyParts(bytes, start, end);
      if ((parts & lossy) !== 0) return read(parseExactWhole(text));
      const before = readers.numericDecimals;
      const value = read(JSON.parse(text));
      if (readers.numericDecimals === before) return value;
      // Decimals come as numbers here, not as base64: from now on fractions are read exactly.
      lossy |= FRACTION;
      return (parts & FRACTION) === 0 ? value : read(parseExactWhole(text));
    },
  };
}

/**
 * Reads messages that are payloads of one schema, without an envelope. An empty message is
 * a null.
 */
export function bareReader(schema: Schema, readers: Readers): (bytes: Buffer) => unknown {
  const { read } = payloadReader(schema, readers);
  return (bytes) => {
    try {
      return read(bytes, 0, bytes.length);
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof JsonSyntaxError)) throw error;
      // More lenient, as Java is, or able to say in its words what is wrong.
      return readers.of(schema)(parseExact(decodeText(bytes)));
    }
  };
}

function* schemasIn(schema: Schema): Generator<Schema> {
  yield schema;
  if (schema.type === "STRUCT") for (const field of schema.fields) yield* schemasIn(field.schema);
  if (schema.type === "MAP") yield* schemasIn(schema.keySchema);
  if (schema.type === "MAP" || schema.type === "ARRAY") yield* schemasIn(schema.valueSchema);
}
