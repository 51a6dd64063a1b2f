import {
  convertToString,
  DataError,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  type SinkRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import type { FormatRecord } from "@millrace/storage-formats";

const HEADER = SchemaBuilder.struct()
  .name("RecordHeader")
  .field("key", STRING_SCHEMA)
  .field("value", OPTIONAL_STRING_SCHEMA)
  .build();

const HEADERS = SchemaBuilder.array(HEADER).build();
const ENVELOPED_HEADERS = SchemaBuilder.struct()
  .name("RecordHeaders")
  .field("headers", HEADERS)
  .build();

const keyEnvelopes = new WeakMap<Schema, Schema>();

/**
 * A record's key as it is stored beside the value.
 * @param enveloped for formats that take structs alone
 * @throws {DataError} when it has none
 */
export function keyOf(record: SinkRecord, enveloped: boolean): FormatRecord {
  const { topic, keySchema, key } = record;
  if (key === null) {
    throw new DataError("The record has no key, and store.kafka.keys asks for it");
  }
  if (!enveloped || keySchema === null) return { topic, schema: keySchema, value: key };
  let schema = keyEnvelopes.get(keySchema);
  if (schema === undefined) {
    schema = SchemaBuilder.struct().name("RecordKey").field("key", keySchema).build();
    keyEnvelopes.set(keySchema, schema);
  }
  return { topic, schema, value: Struct.of(schema, [key]) };
}

/** A record's headers, their values as text. @throws {DataError} when it has none */
export function headersOf(record: SinkRecord, enveloped: boolean): FormatRecord {
  if (!record.hasHeaders) {
    throw new DataError("The record has no headers, and store.kafka.headers asks for them");
  }
  const list = [...record.headers].map(({ key, schema, value }) =>
    Struct.of(HEADER, [key, convertToString(schema, value)]),
  );
  return enveloped
    ? {
        topic: record.topic,
        schema: ENVELOPED_HEADERS,
        value: Struct.of(ENVELOPED_HEADERS, [list]),
      }
    : { topic: record.topic, schema: HEADERS, value: list };
}
