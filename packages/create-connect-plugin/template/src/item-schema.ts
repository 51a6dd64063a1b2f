import {
  DataError,
  INT64_SCHEMA,
  SchemaBuilder,
  type SinkRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import type { Item } from "./example-client.ts";

export const KEY_SCHEMA = INT64_SCHEMA;

export const VALUE_SCHEMA = SchemaBuilder.struct()
  .name("example.Item")
  .field("id", INT64_SCHEMA)
  .field("name", STRING_SCHEMA)
  .build();

/** The value of a record for a item. INT64 values are bigints. */
export function toStruct({ id, name }: Item): Struct {
  return new Struct(VALUE_SCHEMA).put("id", BigInt(id)).put("name", name);
}

/**
 * The item that a record is about. Values may have come with a schema or without one.
 * @throws {DataError} what the record lacks: it can be sent to the dead-letter topic
 */
export function toItem({ key, value }: SinkRecord): Item {
  const id = toId(key);
  const name =
    value instanceof Struct
      ? value.get("name")
      : value instanceof Map
        ? value.get("name")
        : undefined;
  if (typeof name !== "string") throw new DataError('The value has no text "name"');
  return { id, name };
}

/** @throws {DataError} when it is no whole number */
export function toId(key: unknown): number {
  const id = typeof key === "bigint" ? Number(key) : key;
  if (typeof id !== "number" || !Number.isSafeInteger(id)) {
    throw new DataError("The key is no whole number: the source's converter writes such keys");
  }
  return id;
}
