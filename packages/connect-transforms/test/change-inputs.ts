import {
  type ConnectRecord,
  Headers,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_BYTES_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type RecordParts,
  type Schema,
  SchemaBuilder,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import type { Inputs } from "./replay.ts";

// Events as Debezium makes them, by the recorder's names for them.

const SOURCE = SchemaBuilder.struct()
  .name("io.debezium.connector.postgresql.Source")
  .version(1)
  .field("version", STRING_SCHEMA)
  .field("connector", STRING_SCHEMA)
  .field("name", STRING_SCHEMA)
  .field("ts_ms", INT64_SCHEMA)
  .field("snapshot", SchemaBuilder.string().optional().defaultValue("false").build())
  .field("db", STRING_SCHEMA)
  .field("schema", STRING_SCHEMA)
  .field("table", STRING_SCHEMA)
  .field("txId", OPTIONAL_INT64_SCHEMA)
  .field("lsn", OPTIONAL_INT64_SCHEMA)
  .build();
const TRANSACTION = SchemaBuilder.struct()
  .name("event.block")
  .version(1)
  .optional()
  .field("id", STRING_SCHEMA)
  .field("total_order", INT64_SCHEMA)
  .field("data_collection_order", INT64_SCHEMA)
  .build();
const ROW = SchemaBuilder.struct()
  .name("srv.public.t.Value")
  .optional()
  .field("id", INT32_SCHEMA)
  .field("name", OPTIONAL_STRING_SCHEMA)
  .field("d", SchemaBuilder.string().optional().defaultValue("dd").build())
  .build();
function envelopeOf(row: Schema, name: string): Schema {
  return SchemaBuilder.struct()
    .name(name)
    .version(2)
    .field("before", row)
    .field("after", row)
    .field("source", SOURCE)
    .field("transaction", TRANSACTION)
    .field("op", STRING_SCHEMA)
    .field("ts_ms", OPTIONAL_INT64_SCHEMA)
    .field("ts_us", OPTIONAL_INT64_SCHEMA)
    .field("ts_ns", OPTIONAL_INT64_SCHEMA)
    .build();
}

const ENVELOPE = envelopeOf(ROW, "srv.public.t.Envelope");
const KEY = SchemaBuilder.struct().name("srv.public.t.Key").field("id", INT32_SCHEMA).build();
const HEARTBEAT = SchemaBuilder.struct()
  .name("io.debezium.connector.common.Heartbeat")
  .field("ts_ms", INT64_SCHEMA)
  .build();

function filled(schema: Schema, values: Readonly<Record<string, unknown>>): Struct {
  const struct = new Struct(schema);
  for (const [name, value] of Object.entries(values)) struct.put(name, value);
  return struct;
}

function sourceOf(table: string): Struct {
  return filled(SOURCE, {
    version: "3.7.0",
    connector: "postgresql",
    name: "srv",
    ts_ms: 11,
    db: "app",
    schema: "public",
    table,
    txId: 555,
    lsn: 24_023_128,
  });
}

function source(parts: RecordParts): SourceRecord {
  return new SourceRecord({
    timestamp: 7,
    sourcePartition: { server: "srv" },
    sourceOffset: { lsn: 1 },
    ...parts,
  });
}

const row = (id: number, name: string | null, d?: string) =>
  filled(ROW, { id, name, ...(d !== undefined && { d }) });

function event(
  op: string,
  before: Struct | null,
  after: Struct | null,
  more: Partial<RecordParts> & { transaction?: Struct } = {},
): ConnectRecord {
  const { transaction = null, ...parts } = more;
  const value = filled(ENVELOPE, {
    before,
    after,
    source: sourceOf("t"),
    transaction,
    op,
    ts_ms: 22,
    ts_us: 22_000,
    ts_ns: 22_000_000,
  });
  return source({
    topic: "srv.public.t",
    keySchema: KEY,
    key: filled(KEY, { id: 1 }),
    valueSchema: ENVELOPE,
    value,
    ...parts,
  });
}

export const CHANGES: Inputs = {
  create: () =>
    event("c", null, row(1, "a"), {
      transaction: filled(TRANSACTION, { id: "555:1", total_order: 1, data_collection_order: 2 }),
    }),
  read: () => event("r", null, row(1, null, "x")),
  update: () => event("u", row(1, "a"), row(1, "b")),
  delete: () => event("d", row(1, "a"), null),
  truncate: () => event("t", null, null, { keySchema: null, key: null }),
  tombstone: () => source({ topic: "srv.public.t", keySchema: KEY, key: filled(KEY, { id: 1 }) }),
  "delete-no-before": () => event("d", null, null),
  heartbeat: () =>
    source({
      topic: "__debezium-heartbeat.srv",
      valueSchema: HEARTBEAT,
      value: filled(HEARTBEAT, { ts_ms: 1 }),
    }),
  schemaless: () =>
    source({ topic: "srv.public.t", value: { before: null, after: { id: 1 }, op: "c" } }),
  string: () => source({ topic: "t", valueSchema: STRING_SCHEMA, value: "x" }),
  "update-with-drop-header": () =>
    event("u", row(1, "a"), row(1, "b"), {
      headers: new Headers()
        .add("drop", ["name"], SchemaBuilder.array(STRING_SCHEMA).build())
        .addString("h", "v"),
    }),
};

const JSON_TEXT = SchemaBuilder.string()
  .name("io.debezium.data.Json")
  .version(1)
  .optional()
  .build();
const OUTBOX_KEY = SchemaBuilder.struct()
  .name("srv.public.outbox.Key")
  .field("id", STRING_SCHEMA)
  .build();

/** A row of an outbox table. */
function outbox(op: string, payloadSchema: Schema, payload: unknown, kind = "user"): ConnectRecord {
  const rowSchema = SchemaBuilder.struct()
    .name("srv.public.outbox.Value")
    .optional()
    .field("id", STRING_SCHEMA)
    .field("aggregatetype", STRING_SCHEMA)
    .field("aggregateid", STRING_SCHEMA)
    .field("type", STRING_SCHEMA)
    .field("payload", payloadSchema)
    .field("ver", OPTIONAL_INT32_SCHEMA)
    .field("at", OPTIONAL_INT64_SCHEMA)
    .field("eventType", OPTIONAL_STRING_SCHEMA)
    .field("part", OPTIONAL_INT32_SCHEMA)
    .build();
  const row = filled(rowSchema, {
    id: "ev-1",
    aggregatetype: kind,
    aggregateid: "10",
    type: "UserCreated",
    payload,
    ver: 3,
    at: 1_553_460_779_000_000,
    eventType: "et",
    part: 2,
  });
  const envelope = envelopeOf(rowSchema, "srv.public.outbox.Envelope");
  const value = filled(envelope, {
    ...(op !== "d" && { after: row }),
    ...("du".includes(op) && { before: row }),
    source: sourceOf("outbox"),
    op,
    ts_ms: 22,
  });
  return source({
    topic: "srv.public.outbox",
    keySchema: OUTBOX_KEY,
    key: filled(OUTBOX_KEY, { id: "ev-1" }),
    valueSchema: envelope,
    value,
    headers: new Headers().addString("old", "h"),
  });
}

export const OUTBOX: Inputs = {
  json: () =>
    outbox("c", JSON_TEXT, '{"a":1,"b":[1,2],"c":{"d":null,"e":"x"},"f":1.5,"g":true,"h":[]}'),
  text: () => outbox("c", OPTIONAL_STRING_SCHEMA, "plain"),
  bytes: () => outbox("c", OPTIONAL_BYTES_SCHEMA, Uint8Array.of(1, 2)),
  null: () => outbox("c", JSON_TEXT, null),
  empty: () => outbox("c", JSON_TEXT, ""),
  array: () => outbox("c", JSON_TEXT, '[{"a":1},{"a":2}]'),
  broken: () => outbox("c", JSON_TEXT, "{bad"),
  upper: () => outbox("c", JSON_TEXT, "{}", "UserX"),
  update: () => outbox("u", JSON_TEXT, "{}"),
  delete: () => outbox("d", JSON_TEXT, "{}"),
  read: () => outbox("r", JSON_TEXT, '{"x":"y"}'),
  tombstone: CHANGES["tombstone"]!,
  heartbeat: CHANGES["heartbeat"]!,
  string: CHANGES["string"]!,
  schemaless: CHANGES["schemaless"]!,
  other: CHANGES["create"]!,
};
