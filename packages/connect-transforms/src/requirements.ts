import {
  type ConnectRecord,
  DataError,
  isMapLike,
  isStruct,
  javaClassName,
  type MapLike,
  type Schema,
  type SinkRecord,
  type Struct,
} from "@millrace/connect-api";

/**
 * What transforms ask of the data they are given (Java: `transforms.util.Requirements`).
 * A purpose, such as `field insertion`, says in the message who asks.
 */

/** @throws {DataError} when the value is no map, null included */
export function requireMap(value: unknown, purpose: string): MapLike {
  if (isMapLike(value)) return value;
  throw new DataError(
    `Only Map objects supported in absence of schema for [${purpose}], found: ${javaClassName(value)}`,
  );
}

/** @throws {DataError} when the value is neither a map nor null */
export function requireMapOrNull(value: unknown, purpose: string): MapLike | null {
  return value === null ? null : requireMap(value, purpose);
}

/**
 * @param schema names the class of a number in the message
 * @throws {DataError} when the value is no struct, null included
 */
export function requireStruct(value: unknown, purpose: string, schema: Schema): Struct {
  if (isStruct(value)) return value;
  throw new DataError(
    `Only Struct objects supported for [${purpose}], found: ${javaClassName(value, schema)}`,
  );
}

/** @throws {DataError} when the value is neither a struct nor null */
export function requireStructOrNull(
  value: unknown,
  purpose: string,
  schema: Schema,
): Struct | null {
  return value === null ? null : requireStruct(value, purpose, schema);
}

/** @throws {DataError} when there is no schema */
export function requireSchema(schema: Schema | null, purpose: string): Schema {
  if (schema !== null) return schema;
  throw new DataError(`Schema required for [${purpose}]`);
}

/** @throws {DataError} for a source record: only what is read from Kafka has an offset */
export function requireSinkRecord(record: ConnectRecord, purpose: string): SinkRecord {
  if ("kafkaOffset" in record) return record as SinkRecord;
  throw new DataError(
    `Only SinkRecord supported for [${purpose}], found: org.apache.kafka.connect.source.SourceRecord`,
  );
}
