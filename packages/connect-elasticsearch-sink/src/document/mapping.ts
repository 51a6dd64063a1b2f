import {
  DATE_NAME,
  DataError,
  DECIMAL_NAME,
  isDecimal,
  type Schema,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";

/** The mapping of one field, or of an index as a whole, as Elasticsearch takes it. */
export interface Mapping {
  readonly type?: string;
  readonly null_value?: string | number | boolean;
  readonly fields?: Readonly<Record<string, Mapping>>;
  readonly ignore_above?: number;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

const TEXT_WITH_KEYWORD: Mapping = {
  type: "text",
  fields: { keyword: { type: "keyword", ignore_above: 256 } },
};

/**
 * The mapping of documents that have this schema (Java: `Mapping.buildMapping`).
 * @throws {DataError} when documents of this schema would be no objects
 */
export function mappingOf(schema: Schema): Mapping {
  if (schema.type === "STRUCT" || schema.type === "MAP") return fieldMapping(schema);
  throw new DataError(
    `No mapping can be made of ${schema.toString()}: documents are made of structs or maps. Use a converter or a transform (HoistField) that gives structs, or set schema.ignore=true`,
  );
}

function fieldMapping(schema: Schema): Mapping {
  switch (schema.name) {
    case DATE_NAME:
    case TIME_NAME:
    case TIMESTAMP_NAME:
      return withDefault("date", schema);
    case DECIMAL_NAME:
      return withDefault("double", schema);
    default:
      return baseMapping(schema);
  }
}

function baseMapping(schema: Schema): Mapping {
  switch (schema.type) {
    case "BOOLEAN":
      return withDefault("boolean", schema);
    case "INT8":
      return withDefault("byte", schema);
    case "INT16":
      return withDefault("short", schema);
    case "INT32":
      return withDefault("integer", schema);
    case "INT64":
      return withDefault("long", schema);
    case "FLOAT32":
      return withDefault("float", schema);
    case "FLOAT64":
      return withDefault("double", schema);
    // Elasticsearch has no null_value for these two.
    case "STRING":
      return TEXT_WITH_KEYWORD;
    case "BYTES":
      return { type: "binary" };
    case "ARRAY":
      return fieldMapping(schema.valueSchema);
    case "MAP":
      return {
        properties: {
          key: fieldMapping(schema.keySchema),
          value: fieldMapping(schema.valueSchema),
        },
      };
    case "STRUCT":
      return {
        properties: Object.fromEntries(
          schema.fields.map((field) => [field.name, fieldMapping(field.schema)]),
        ),
      };
  }
}

function withDefault(type: string, { defaultValue: value }: Schema): Mapping {
  if (value === undefined || value === null) return { type };
  if (value instanceof Date) return { type, null_value: value.getTime() };
  if (isDecimal(value)) return { type, null_value: value.toNumber() };
  // A bigint is beyond what JSON.stringify writes; Elasticsearch reads the text as a long.
  if (typeof value === "bigint") return { type, null_value: String(value) };
  return { type, null_value: value as number | boolean }; // checked against the schema's type
}
