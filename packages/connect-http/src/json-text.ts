import {
  DATE_NAME,
  DataError,
  type Decimal,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  MS_PER_DAY,
  type Schema,
  type Struct,
} from "@millrace/connect-api";

/** How decimals are written: their unscaled bytes in base64, as Java's JsonConverter does, or as numbers. */
export type DecimalFormat = "BASE64" | "NUMERIC";

/**
 * A Connect value as JSON, as Java's `JsonConverter` writes it without schemas: bytes are
 * base64, dates numbers (days for Date, milliseconds for Time and Timestamp). Numbers keep
 * every digit.
 * @throws {DataError} for what JSON has no place for
 */
export function jsonText(schema: Schema | null, value: unknown, decimals: DecimalFormat): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : objectText(schema, value, decimals);
    default:
      throw new DataError(`A ${typeof value} cannot be written as JSON`);
  }
}

function objectText(schema: Schema | null, value: object, decimals: DecimalFormat): string {
  if (isStruct(value)) return structText(value, decimals);
  if (Array.isArray(value)) {
    const items = schema?.type === "ARRAY" ? schema.valueSchema : null;
    return `[${value.map((item) => jsonText(items, item, decimals)).join(",")}]`;
  }
  if (value instanceof Date) return dateText(schema, value);
  if (isDecimal(value)) return decimalText(value, decimals);
  if (isFloat64(value)) return floatText(value.value);
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof Map) return mapText(schema, value as Map<unknown, unknown>, decimals);
  if (isMapLike(value)) return membersText(value as Record<string, unknown>, decimals);
  throw new DataError(`A ${value.constructor.name} cannot be written as JSON`);
}

function structText({ schema, values }: Struct, decimals: DecimalFormat): string {
  let text = "{";
  for (const { name, index, schema: field } of schema.fields) {
    const value = values[index] ?? field.defaultValue;
    text += `${index > 0 ? "," : ""}${JSON.stringify(name)}:${jsonText(field, value, decimals)}`;
  }
  return `${text}}`;
}

/** A map without schema that is a plain object. */
function membersText(members: Readonly<Record<string, unknown>>, decimals: DecimalFormat): string {
  let text = "{";
  for (const key of Object.keys(members)) {
    const comma = text.length > 1 ? "," : "";
    text += `${comma}${JSON.stringify(key)}:${jsonText(null, members[key], decimals)}`;
  }
  return `${text}}`;
}

/** An object, or where keys are not texts a list of `[key, value]`. */
function mapText(
  schema: Schema | null,
  map: ReadonlyMap<unknown, unknown>,
  decimals: DecimalFormat,
): string {
  const keys = schema?.type === "MAP" ? schema.keySchema : null;
  const values = schema?.type === "MAP" ? schema.valueSchema : null;
  const entries = [...map];
  const isObject = entries.every(([key]) => typeof key === "string");
  const members = entries.map(([key, value]) => {
    const pair = `${jsonText(keys, key, decimals)}${isObject ? ":" : ","}${jsonText(values, value, decimals)}`;
    return isObject ? pair : `[${pair}]`;
  });
  return isObject ? `{${members.join(",")}}` : `[${members.join(",")}]`;
}

function dateText(schema: Schema | null, date: Date): string {
  const ms = date.getTime();
  return String(schema?.name === DATE_NAME ? Math.floor(ms / MS_PER_DAY) : ms);
}

function decimalText(value: Decimal, decimals: DecimalFormat): string {
  return decimals === "NUMERIC" ? value.toPlainString() : base64(value.toBytes());
}

/** A whole float keeps its point. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return `"${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}"`;
}
