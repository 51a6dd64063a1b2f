import { type ConnectRecord, isStruct, type Schema, type Struct } from "@millrace/connect-api";

/** A record that carries a change event of Debezium. */
export interface ChangeRecord {
  readonly record: ConnectRecord;
  readonly schema: Schema;
  readonly envelope: Struct;
}

/** The change event of a record; undefined for heartbeats, transactions and whatever is none. */
export function changeRecord(record: ConnectRecord): ChangeRecord | undefined {
  const { value, valueSchema } = record;
  if (valueSchema === null || !isStruct(value)) return undefined;
  if (!valueSchema.name?.endsWith(".Envelope")) return undefined;
  return { record, schema: valueSchema, envelope: value };
}

/** The row before or after the change, null where there is none. */
export function rowOf(envelope: Struct, field: "before" | "after"): Struct | null {
  const index = envelope.schema.field(field)?.index;
  const row = index === undefined ? null : envelope.values[index];
  return isStruct(row) ? row : null;
}
