import type { SchemaAndValue } from "./converter.ts";
import { NULL_VALUE } from "./converter.ts";
import { Decimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { nearestFloat } from "./java-number.ts";
import {
  DATE_NAME,
  DATE_SCHEMA,
  daysToDate,
  decimalSchema,
  millisToTime,
  TIME_NAME,
  TIME_SCHEMA,
  TIMESTAMP_NAME,
  TIMESTAMP_SCHEMA,
} from "./logical.ts";
import {
  BOOLEAN_SCHEMA,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  type Schema,
  type SchemaType,
  STRING_SCHEMA,
} from "./schema.ts";
import { SchemaBuilder } from "./schema-builder.ts";
import { javaTrim, ValueTokens } from "./value-tokens.ts";

const MAX_DEPTH = 200;
/** What a text may begin with that is not simply text. */
const BEGINS_OTHERWISE = /^[\d+\-[\]{}":,\\tfn]/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?$/;

const TRUE: SchemaAndValue = Object.freeze({ schema: BOOLEAN_SCHEMA, value: true });
const FALSE: SchemaAndValue = Object.freeze({ schema: BOOLEAN_SCHEMA, value: false });

/**
 * Guesses the value that a text stands for (Java: `Values.parseString`), which is how
 * header values get their types: `true`, whole numbers (the smallest integer type that
 * holds them), fractions (FLOAT32 if it is finite, so `0.1` is one), ISO dates and times
 * (UTC), `[…]` lists and `{…}` maps. Anything else is the text itself.
 *
 * Java's ways are kept where they surprise, since transforms see the same types then:
 * `1,2` is 1, `555-123-45` is a date, a list with a null in it is text.
 */
export function parseString(text: string | null): SchemaAndValue {
  if (text === null) return NULL_VALUE;
  if (text === "" || (text.charCodeAt(0) > 0x20 && !BEGINS_OTHERWISE.test(text))) {
    return { schema: STRING_SCHEMA, value: text };
  }
  return parseValue(new ValueTokens(text), 0) ?? NULL_VALUE;
}

/**
 * @param depth how many lists and maps the value is in
 * @returns null for the word null
 * @throws {DataError} where what is in a container cannot be read
 */
function parseValue(tokens: ValueTokens, depth: number): SchemaAndValue | null {
  const embedded = depth > 0;
  if (!tokens.hasNext()) return null;
  if (embedded && tokens.canConsume('"')) return parseQuoted(tokens);
  if (isLiteral(tokens, "null", embedded)) return null;
  if (isLiteral(tokens, "true", embedded)) return TRUE;
  if (isLiteral(tokens, "false", embedded)) return FALSE;
  return parseContainer(tokens, depth) ?? parseWord(tokens, embedded);
}

function isLiteral(tokens: ValueTokens, literal: string, embedded: boolean): boolean {
  const start = tokens.mark();
  if (tokens.canConsume(literal) && (embedded || !tokens.hasNext())) return true;
  tokens.rewindTo(start);
  return false;
}

/** A list or map, or null when there is none to be read here. */
function parseContainer(tokens: ValueTokens, depth: number): SchemaAndValue | null {
  // Beyond it a hostile text would overflow the stack; it is a word then.
  if (depth > MAX_DEPTH) return null;
  const start = tokens.mark();
  try {
    if (tokens.canConsume("[")) return parseArray(tokens, depth + 1);
    if (tokens.canConsume("{")) return parseMap(tokens, depth + 1);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    // Not well-formed: the text is a word.
    tokens.rewindTo(start);
  }
  return null;
}

function parseWord(tokens: ValueTokens, embedded: boolean): SchemaAndValue {
  const token = tokens.next();
  const word = javaTrim(token);
  if (word === "") return { schema: STRING_SCHEMA, value: token };
  const parsed = parseTemporalTokens(tokens, word) ?? parseNumber(word);
  if (parsed) return parsed;
  if (embedded) throw new DataError("Failed to parse embedded value");
  return { schema: STRING_SCHEMA, value: tokens.text };
}

/** Backslashes stay as they are: Java does not undo the escapes it writes. */
function parseQuoted(tokens: ValueTokens): SchemaAndValue {
  let text = "";
  while (tokens.hasNext() && !tokens.canConsume('"')) text += tokens.next();
  return parseTemporal(text) ?? { schema: STRING_SCHEMA, value: text };
}

function parseArray(tokens: ValueTokens, depth: number): SchemaAndValue {
  const items: unknown[] = [];
  const common = new CommonSchema();
  while (tokens.hasNext()) {
    if (tokens.canConsume("]")) {
      if (common.schema === null)
        return { schema: SchemaBuilder.arrayOfNull().build(), value: items };
      const { schema } = common;
      return {
        schema: SchemaBuilder.array(schema).build(),
        value: items.map((item) => aligned(schema, item)),
      };
    }
    if (tokens.canConsume(",")) {
      throw new DataError(`Unable to parse an empty array element: ${tokens.text}`);
    }
    const item = parseValue(tokens, depth);
    common.merge(item);
    items.push(item?.value ?? null);
    const mark = tokens.mark();
    if (tokens.canConsume("]")) tokens.rewindTo(mark);
    else if (!tokens.canConsume(",")) throw new DataError("Array elements missing ',' delimiter");
  }
  throw new DataError(`Array is missing terminating ']': ${tokens.text}`);
}

function parseMap(tokens: ValueTokens, depth: number): SchemaAndValue {
  const entries = new Map<unknown, unknown>();
  const keys = new CommonSchema();
  const values = new CommonSchema();
  while (tokens.hasNext()) {
    if (tokens.canConsume("}")) return typedMap(keys.schema, values.schema, entries);
    if (tokens.canConsume(",")) {
      throw new DataError(`Unable to parse a map entry with no key or value: ${tokens.text}`);
    }
    const key = parseValue(tokens, depth);
    if (key === null || key.value === null) {
      throw new DataError(`Map entry may not have a null key: ${tokens.text}`);
    }
    if (!tokens.canConsume(":")) throw new DataError(`Map entry is missing ':': ${tokens.text}`);
    const value = parseValue(tokens, depth);
    entries.set(key.value, value?.value ?? null);
    tokens.canConsume(",");
    keys.merge(key);
    values.merge(value);
  }
  throw new DataError(`Map is missing terminating '}': ${tokens.text}`);
}

function typedMap(
  keys: Schema | null,
  values: Schema | null,
  entries: Map<unknown, unknown>,
): SchemaAndValue {
  if (keys === null) return { schema: SchemaBuilder.mapOfNull().build(), value: entries };
  const value = new Map<unknown, unknown>();
  for (const [key, item] of entries) {
    value.set(aligned(keys, key), values === null ? item : aligned(values, item));
  }
  const builder =
    values === null ? SchemaBuilder.mapWithNullValues(keys) : SchemaBuilder.map(keys, values);
  return { schema: builder.build(), value };
}

const NUMBER_RANK: Partial<Record<SchemaType, number>> = {
  INT8: 1,
  INT16: 2,
  INT32: 3,
  INT64: 4,
  FLOAT32: 5,
  FLOAT64: 6,
};

/**
 * The schema that all elements get: the widest type of numbers, else that of the last one,
 * if all are of one type. Java does not look at more than the type either.
 */
class CommonSchema {
  schema: Schema | null = null;
  #compatible = true;

  merge(item: SchemaAndValue | null): void {
    const next = item?.schema;
    if (!next || !this.#compatible) return;
    this.schema = this.schema === null ? next : widest(this.schema, next);
    this.#compatible = this.schema !== null;
  }
}

function widest(a: Schema, b: Schema): Schema | null {
  if (a.type === b.type) return b;
  const [rankA, rankB] = [NUMBER_RANK[a.type], NUMBER_RANK[b.type]];
  if (rankA === undefined || rankB === undefined) return null;
  return rankA > rankB ? a : b;
}

/**
 * A value of a narrower type as one of this schema. @throws {DataError} for a null, and
 * for a date among fractions
 */
function aligned(schema: Schema, value: unknown): unknown {
  if (value === null) {
    throw new DataError("Unable to convert a null value to a schema that requires a value");
  }
  const isNumber = typeof value === "number" || typeof value === "bigint";
  if (!isNumber && NUMBER_RANK[schema.type] !== undefined && !(value instanceof Date)) return value;
  switch (schema.name) {
    // Dates and times are INT32 and INT64 below, so integers among them become some.
    case DATE_NAME:
      return isNumber ? daysToDate(Number(value)) : value;
    case TIME_NAME:
      return isNumber ? millisToTime(Number(value)) : value;
    case TIMESTAMP_NAME:
      return isNumber ? new Date(Number(value)) : value;
    default:
  }
  if (NUMBER_RANK[schema.type] === undefined) return value;
  if (!isNumber) throw new DataError("Unable to convert a date to a number");
  if (schema.type === "FLOAT32") return Math.fround(Number(value));
  return schema.type === "FLOAT64" ? Number(value) : value;
}

/** Colons are delimiters, so that a time may be five tokens. */
function parseTemporalTokens(tokens: ValueTokens, word: string): SchemaAndValue | null {
  if (!/^\d/.test(word)) return null;
  const start = tokens.mark();
  const rest = tokens.nextAll(4);
  const parsed = rest === null ? null : parseTemporal(word + rest);
  if (parsed) return parsed;
  tokens.rewindTo(start);
  return parseTemporal(word);
}

/**
 * A text of the length of `HH:mm:ss.SSSZ`, `yyyy-MM-dd` or both, read as leniently as
 * `SimpleDateFormat` does: the 45th of a month is in the next one.
 */
function parseTemporal(escaped: string): SchemaAndValue | null {
  const text = escaped.replaceAll("\\:", ":");
  switch (text.length) {
    case 13: {
      const [, ...parts] = /^(\d+):(\d+):(\d+)\.(\d+)Z/.exec(text) ?? [];
      return parts.length === 0 ? null : temporal(TIME_SCHEMA, ["1970", "1", "1", ...parts]);
    }
    case 24: {
      const [, ...parts] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z/.exec(text) ?? [];
      return parts.length === 0 ? null : temporal(TIMESTAMP_SCHEMA, parts);
    }
    case 10: {
      const [, ...parts] = /^(\d+)-(\d+)-(\d+)/.exec(text) ?? [];
      return parts.length === 0 ? null : temporal(DATE_SCHEMA, parts);
    }
    default:
      return null;
  }
}

function temporal(schema: Schema, parts: readonly string[]): SchemaAndValue {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0, millis = 0] =
    parts.map(Number);
  const time = ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setTime(date.getTime() + time);
  return { schema, value: date };
}

function parseNumber(word: string): SchemaAndValue | null {
  if (!NUMBER.test(word) || word.startsWith(".")) return null;
  let decimal: Decimal;
  try {
    decimal = Decimal.parse(word);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return null;
  }
  const integer = wholeInt64(decimal);
  if (integer !== null) return { schema: smallestInteger(integer), value: integer };
  const float = nearestFloat(word);
  if (decimal.scale !== 0) {
    if (Number.isFinite(float)) return { schema: FLOAT32_SCHEMA, value: float };
    const double = Number(word);
    if (Number.isFinite(double)) return { schema: FLOAT64_SCHEMA, value: double };
  }
  return { schema: decimalSchema(decimal.scale), value: decimal };
}

/** The value of a whole number within 64 bits, else null. */
function wholeInt64({ unscaled, scale }: Decimal): number | bigint | null {
  if (unscaled === 0n) return 0;
  const digits = unscaled.toString().replace("-", "").length;
  if (digits - scale > 20 || digits - scale < 1) return null;
  let integer: bigint;
  if (scale <= 0) {
    integer = unscaled * 10n ** BigInt(-scale);
  } else {
    const divisor = 10n ** BigInt(scale);
    if (unscaled % divisor !== 0n) return null;
    integer = unscaled / divisor;
  }
  if (BigInt.asIntN(64, integer) !== integer) return null;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

function smallestInteger(value: number | bigint): Schema {
  if (BigInt.asIntN(8, BigInt(value)) === BigInt(value)) return INT8_SCHEMA;
  if (BigInt.asIntN(16, BigInt(value)) === BigInt(value)) return INT16_SCHEMA;
  if (BigInt.asIntN(32, BigInt(value)) === BigInt(value)) return INT32_SCHEMA;
  return INT64_SCHEMA;
}
