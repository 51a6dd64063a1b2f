import {
  BYTES_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  Schema,
  STRING_SCHEMA,
} from "@millrace/connect-api";

type Fields = readonly (readonly [string, Schema])[];

/** A struct's schema. */
export function struct(
  name: string,
  fields: Fields,
  more: { version?: number; optional?: boolean } = {},
): Schema {
  return new Schema({
    type: "STRUCT",
    name,
    fields: fields.map(([field, schema]) => ({ name: field, schema })),
    ...more,
  });
}

/** What `source.snapshot` may say. */
export type SnapshotMark =
  | "true"
  | "first"
  | "first_in_data_collection"
  | "last_in_data_collection"
  | "last"
  | "false"
  | "incremental";

const SNAPSHOT = new Schema({
  type: "STRING",
  name: "io.debezium.data.Enum",
  version: 1,
  optional: true,
  defaultValue: "false",
  parameters: new Map([
    [
      "allowed",
      "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental",
    ],
  ]),
});

/** Where an event comes from. */
export const SOURCE: Schema = struct(
  "io.debezium.connector.postgresql.Source",
  [
    ["version", STRING_SCHEMA],
    ["connector", STRING_SCHEMA],
    ["name", STRING_SCHEMA],
    ["ts_ms", INT64_SCHEMA],
    ["snapshot", SNAPSHOT],
    ["db", STRING_SCHEMA],
    ["sequence", OPTIONAL_STRING_SCHEMA],
    ["ts_us", OPTIONAL_INT64_SCHEMA],
    ["ts_ns", OPTIONAL_INT64_SCHEMA],
    ["schema", STRING_SCHEMA],
    ["table", STRING_SCHEMA],
    ["txId", OPTIONAL_INT64_SCHEMA],
    ["lsn", OPTIONAL_INT64_SCHEMA],
    ["xmin", OPTIONAL_INT64_SCHEMA],
    ["origin", OPTIONAL_STRING_SCHEMA],
    ["origin_lsn", OPTIONAL_INT64_SCHEMA],
  ],
  { version: 1 },
);

/** Position of `snapshot` among the values of a source. */
export const SOURCE_SNAPSHOT = 4;

/** An event's place in its transaction. */
export const BLOCK: Schema = struct(
  "event.block",
  [
    ["id", STRING_SCHEMA],
    ["total_order", INT64_SCHEMA],
    ["data_collection_order", INT64_SCHEMA],
  ],
  { version: 1, optional: true },
);

/** @param value the schema of the table's rows, optional */
export function envelopeSchema(name: string, value: Schema): Schema {
  return struct(
    name,
    [
      ["before", value],
      ["after", value],
      ["source", SOURCE],
      ["transaction", BLOCK],
      ["op", STRING_SCHEMA],
      ["ts_ms", OPTIONAL_INT64_SCHEMA],
      ["ts_us", OPTIONAL_INT64_SCHEMA],
      ["ts_ns", OPTIONAL_INT64_SCHEMA],
    ],
    { version: 2 },
  );
}

export const TRANSACTION_KEY: Schema = struct(
  "io.debezium.connector.common.TransactionMetadataKey",
  [["id", STRING_SCHEMA]],
  { version: 1 },
);

export const COLLECTION_COUNT: Schema = struct(
  "event.collection",
  [
    ["data_collection", STRING_SCHEMA],
    ["event_count", INT64_SCHEMA],
  ],
  { version: 1, optional: true },
);

export const TRANSACTION_VALUE: Schema = struct(
  "io.debezium.connector.common.TransactionMetadataValue",
  [
    ["status", STRING_SCHEMA],
    ["id", STRING_SCHEMA],
    ["event_count", OPTIONAL_INT64_SCHEMA],
    [
      "data_collections",
      new Schema({ type: "ARRAY", valueSchema: COLLECTION_COUNT, optional: true }),
    ],
    ["ts_ms", INT64_SCHEMA],
  ],
  { version: 1 },
);

export const HEARTBEAT_KEY: Schema = struct(
  "io.debezium.connector.common.ServerNameKey",
  [["serverName", STRING_SCHEMA]],
  { version: 1 },
);

export const HEARTBEAT_VALUE: Schema = struct(
  "io.debezium.connector.common.Heartbeat",
  [["ts_ms", INT64_SCHEMA]],
  { version: 1 },
);

export const MESSAGE_KEY: Schema = struct(
  "io.debezium.connector.postgresql.MessageKey",
  [["prefix", OPTIONAL_STRING_SCHEMA]],
  { version: 1 },
);

/** Of a logical message. @param content schema of its bytes as `binary.handling.mode` shows them */
export function messageSchemas(isText: boolean): { message: Schema; value: Schema } {
  const content = new Schema({
    type: isText ? STRING_SCHEMA.type : BYTES_SCHEMA.type,
    optional: true,
  });
  const message = struct(
    "io.debezium.connector.postgresql.Message",
    [
      ["prefix", OPTIONAL_STRING_SCHEMA],
      ["content", content],
    ],
    { version: 1 },
  );
  const value = struct(
    "io.debezium.connector.postgresql.MessageValue",
    [
      ["op", STRING_SCHEMA],
      ["ts_ms", OPTIONAL_INT64_SCHEMA],
      ["source", SOURCE],
      ["transaction", BLOCK],
      ["message", message],
    ],
    { version: 1 },
  );
  return { message, value };
}
