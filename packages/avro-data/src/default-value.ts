import {
  DATE_NAME,
  dateToDays,
  daysToDate,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  decimalToBytes,
  millisToTime,
  type Schema,
  Struct,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";

type Json = Readonly<Record<string, unknown>>;

/** A default as Avro's JSON has it: bytes are texts of one character per byte. */
export function defaultToJson(schema: Schema, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (schema.name) {
    case DECIMAL_NAME:
      return latin1(decimalToBytes(decimalScale(schema), value as Decimal));
    case DATE_NAME:
      return dateToDays(value as Date);
    case TIME_NAME:
      return timeToMillis(value as Date);
    case TIMESTAMP_NAME:
      return (value as Date).getTime();
    default:
      break;
  }
  switch (schema.type) {
    case "BYTES":
      return latin1(value as Uint8Array);
    case "ARRAY":
      return (value as unknown[]).map((item) => defaultToJson(schema.valueSchema, item));
    case "MAP": {
      const { keySchema, valueSchema } = schema;
      const entries = [...(value as Map<unknown, unknown>)];
      if (keySchema.type === "STRING" && !keySchema.optional) {
        return Object.fromEntries(entries.map(([k, v]) => [k, defaultToJson(valueSchema, v)]));
      }
      return entries.map(([k, v]) => [defaultToJson(keySchema, k), defaultToJson(valueSchema, v)]);
    }
    case "STRUCT":
      return Object.fromEntries(
        schema.fields.map((field) => [
          field.name,
          defaultToJson(field.schema, (value as Struct).get(field)),
        ]),
      );
    default:
      return value;
  }
}

/** The Connect value of a default in Avro's JSON; undefined where it does not fit. */
export function defaultFromJson(schema: Schema, json: unknown): unknown {
  if (json === null || json === undefined) return null;
  switch (schema.name) {
    case DECIMAL_NAME:
      return typeof json === "string"
        ? Decimal.fromBytes(Buffer.from(json, "latin1"), decimalScale(schema))
        : undefined;
    case DATE_NAME:
      return typeof json === "number" ? daysToDate(json) : undefined;
    case TIME_NAME:
      return typeof json === "number" ? millisToTime(json) : undefined;
    case TIMESTAMP_NAME:
      return typeof json === "number" ? new Date(json) : undefined;
    default:
      break;
  }
  switch (schema.type) {
    case "BYTES":
      return typeof json === "string" ? Buffer.from(json, "latin1") : undefined;
    case "ARRAY":
      return Array.isArray(json)
        ? json.map((item) => defaultFromJson(schema.valueSchema, item))
        : undefined;
    case "MAP":
      return mapFromJson(schema, json);
    case "STRUCT":
      if (typeof json !== "object") return undefined;
      return Struct.of(
        schema,
        schema.fields.map((field) =>
          Object.hasOwn(json, field.name)
            ? defaultFromJson(field.schema, (json as Json)[field.name])
            : (field.schema.defaultValue ?? null),
        ),
      );
    default:
      return json;
  }
}

function mapFromJson(schema: Schema, json: unknown): unknown {
  const { keySchema, valueSchema } = schema;
  if (Array.isArray(json)) {
    return new Map(
      (json as unknown[][]).map(([k, v]) => [
        defaultFromJson(keySchema, k),
        defaultFromJson(valueSchema, v),
      ]),
    );
  }
  if (typeof json !== "object") return undefined;
  return new Map(
    Object.entries(json as Json).map(([key, item]) => [key, defaultFromJson(valueSchema, item)]),
  );
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
