import type { ConnectRecord, Headers, Schema } from "@millrace/connect-api";

/** The half of a record that a transform works on: Java has a class `X$Key` and one `X$Value` for each. */
export interface RecordPart {
  schemaOf(record: ConnectRecord): Schema | null;
  valueOf(record: ConnectRecord): unknown;
  /** The record with this half replaced, and its headers, if there are any given. */
  replaced(
    record: ConnectRecord,
    schema: Schema | null,
    value: unknown,
    headers?: Headers,
  ): ConnectRecord;
}

export const KEY: RecordPart = {
  schemaOf: (record) => record.keySchema,
  valueOf: (record) => record.key,
  replaced: (record, keySchema, key, headers) => record.newRecord({ keySchema, key, headers }),
};

export const VALUE: RecordPart = {
  schemaOf: (record) => record.valueSchema,
  valueOf: (record) => record.value,
  replaced: (record, valueSchema, value, headers) =>
    record.newRecord({ valueSchema, value, headers }),
};
