import {
  DataError,
  isFloat64,
  isMapLike,
  isStruct,
  mapEntries,
  type Schema,
} from "@millrace/connect-api";

/** Elasticsearch refuses a whole bulk request for one longer id. */
const MAX_ID_BYTES = 512;

/**
 * The document id that a key is (Java: `DataConverter.convertKey`, which refuses structs).
 * @throws {DataError} when it cannot be one
 */
export function keyId(schema: Schema | null, key: unknown): string {
  if (key === null || key === "") {
    throw new DataError(
      `Key is used as document id and can not be ${key === null ? "null" : "empty"}: give records keys, or set key.ignore=true`,
    );
  }
  const id = isStruct(key) || isMapLike(key) ? fieldsId(key) : textOfKey(schema, key);
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES) {
    throw new DataError(
      `Key is used as document id and has ${Buffer.byteLength(id)} bytes, ids have at most ${MAX_ID_BYTES}: give records shorter keys, or set key.ignore=true`,
    );
  }
  return id;
}

/**
 * Of one field its value, as Debezium's keys mostly are; of several a JSON list of their
 * values in the order of their names, which nothing else can give.
 */
function fieldsId(key: object): string {
  const fields: [string, Schema | null, unknown][] = isStruct(key)
    ? key.schema.fields.map((field) => [field.name, field.schema, key.get(field)])
    : [...mapEntries(key)].map(([name, value]) => [String(name), null, value]);
  if (fields.length === 0) throw new DataError("Key is used as document id and has no fields");
  const [only] = fields;
  if (fields.length === 1 && only !== undefined) return keyId(only[1], only[2]);
  const texts = fields
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, schema, value]) =>
      typeof value === "string" ? JSON.stringify(value) : textOfKey(schema, value),
    );
  return `[${texts.join(",")}]`;
}

function textOfKey(schema: Schema | null, key: unknown): string {
  if (typeof key === "string") return key;
  const whole = typeof key === "bigint" || (typeof key === "number" && Number.isInteger(key));
  if (whole && (schema === null || schema.type.startsWith("INT"))) return String(key);
  const type = schema?.type ?? (isFloat64(key) ? "FLOAT64" : key === null ? "null" : typeof key);
  throw new DataError(
    `${type} is not supported as the document id: use a transform that gives text or whole numbers as key (ValueToKey with ExtractField$Key), or set key.ignore=true`,
  );
}
