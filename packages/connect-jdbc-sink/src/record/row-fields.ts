import {
  DataError,
  INT32_SCHEMA,
  INT64_SCHEMA,
  isMapLike,
  mapEntries,
  mapGet,
  type Schema,
  type SinkRecord,
  STRING_SCHEMA,
  type Struct,
} from "@millrace/connect-api";
import { type Kind, kindOf } from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import type { RowField } from "./row-plan.ts";

type Read = (record: SinkRecord) => unknown;

/** Where the struct or map with the fields is in a record. */
export type Holder = (record: SinkRecord) => unknown;

const KAFKA_COLUMNS = ["__connect_topic", "__connect_partition", "__connect_offset"] as const;

/** Topic, partition and offset in Kafka, whatever transforms have made of the topic's name. */
export function kafkaFields(names: readonly string[]): RowField[] {
  const [topic, partition, offset] = names.length === 3 ? names : KAFKA_COLUMNS;
  return [
    keyField(topic!, STRING_SCHEMA, (record) => record.originalTopic),
    keyField(partition!, INT32_SCHEMA, (record) => record.originalKafkaPartition),
    keyField(offset!, INT64_SCHEMA, (record) => record.originalKafkaOffset),
  ];
}

/**
 * The columns of the record's key.
 * @throws {DataError} when the key does not have them
 */
export function recordKeyFields(record: SinkRecord, names: readonly string[]): RowField[] {
  const { keySchema: schema, key } = record;
  if (key === null) throw new DataError("its key is null, and pk.mode is record_key");
  if (schema?.type === "STRUCT") {
    return chosen(
      schemaFields(schema, (r) => r.key, true),
      names,
      "key",
    );
  }
  if (schema === null && isMapLike(key)) {
    return chosen(
      mapFields(key, (r) => r.key, true),
      names,
      "key",
    );
  }
  if (schema !== null && (schema.type === "MAP" || schema.type === "ARRAY")) {
    throw new DataError(`its key is of type ${schema.type}, which cannot be a primary key`);
  }
  const [name] = names;
  if (names.length !== 1 || name === undefined) {
    throw new DataError(
      "its key is no struct: pk.fields must name the one column of the primary key",
    );
  }
  return [{ ...keyField(name, schema, (r) => r.key), kind: kindOf(schema) }];
}

/** @throws {DataError} when the value does not have the fields that are named */
export function recordValueKeyFields(
  fields: readonly RowField[],
  names: readonly string[],
): RowField[] {
  return chosen(fields, names, "value").map((field) => ({ ...field, isKey: true }));
}

/** The fields of a value: of a struct, a map without schema, or the one column of a text. */
export function valueFields(
  schema: Schema | null,
  value: unknown,
  holder: Holder,
  config: Config,
): RowField[] {
  const withDefault = config["replace.null.with.default"];
  if (schema?.type === "STRUCT") {
    const timestamps = config["timestamp.fields.list"];
    const digits = config["timestamp.precision.mode"] === "nanoseconds" ? 9 : 6;
    return schemaFields(schema, holder, withDefault).map((field) =>
      timestamps.includes(field.name) ? asTimestamp(field, digits) : field,
    );
  }
  if (schema?.type === "STRING") {
    for (const key of ["fields.whitelist", "timestamp.fields.list"] as const) {
      if (config[key].length > 0)
        throw new DataError(`its value is a text, which ${key} does not allow`);
    }
    const name = config["string.output.value.column.name"];
    const optional = schema.optional;
    return [{ name, schema, kind: { is: "string" }, isKey: false, optional, read: holder }];
  }
  if (schema === null && isMapLike(value)) return mapFields(value, holder, false);
  const found = schema === null ? `without schema and no map` : `of type ${schema.type}`;
  throw new DataError(`its value is ${found}; a struct, a map without schema or a text is needed`);
}

/** `topLevel` of a struct's fields, each read by its place. */
function schemaFields(schema: Schema, holder: Holder, withDefault: boolean): RowField[] {
  return schema.fields.map(({ name, index, schema: own }) => ({
    name,
    schema: own,
    kind: kindOf(own),
    isKey: false,
    optional: own.optional,
    read: readField(holder, index, withDefault ? own.defaultValue : undefined),
  }));
}

function readField(holder: Holder, index: number, defaultValue: unknown): Read {
  if (defaultValue === undefined) return (record) => (holder(record) as Struct).values[index];
  return (record) => (holder(record) as Struct).values[index] ?? defaultValue;
}

function mapFields(map: object, holder: Holder, isKey: boolean): RowField[] {
  return Array.from(mapEntries(map), ([name]) => {
    const read: Read = (record) => mapGet(holder(record) as object, String(name));
    return { name: String(name), schema: null, kind: { is: "any" }, isKey, optional: true, read };
  });
}

/** @throws {DataError} for a field of another type than INT64 and text */
function asTimestamp(field: RowField, digits: 6 | 9): RowField {
  const type = field.schema?.type;
  if (type !== "INT64" && type !== "STRING") {
    throw new DataError(
      `field ${field.name} of timestamp.fields.list is of type ${type}; it must be INT64 or STRING`,
    );
  }
  const kind: Kind = { is: "timestamp", digits };
  return { ...field, kind };
}

function keyField(name: string, schema: Schema | null, read: Read): RowField {
  return { name, schema, kind: kindOf(schema), isKey: true, optional: false, read };
}

/** Those named, in that order; all where none is named. */
function chosen(fields: readonly RowField[], names: readonly string[], of: string): RowField[] {
  const wanted = names.length === 0 ? fields.map(({ name }) => name) : names;
  return wanted.map((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined)
      throw new DataError(`its ${of} has no field ${name}, which pk.fields names`);
    return { ...field, isKey: true };
  });
}
