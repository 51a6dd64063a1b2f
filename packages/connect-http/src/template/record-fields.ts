import {
  DataError,
  isDecimal,
  isFloat64,
  isMapLike,
  isStruct,
  mapGet,
  type SinkRecord,
} from "@millrace/connect-api";

/**
 * The text for a reference in a template: `topic`, `partition`, `offset`, `timestamp`,
 * `key`, `key.<field>…`, `value.<field>…`, `header.<name>`; anything else is a field of the
 * value, as in Confluent's sink.
 * @throws {DataError} when the record has no such thing, or it is neither text, number nor boolean
 */
export function recordField(record: SinkRecord, reference: string): string {
  const [first, ...path] = reference.split(".");
  switch (reference) {
    case "topic":
      return record.topic;
    case "partition":
      return String(record.originalKafkaPartition);
    case "offset":
      return String(record.originalKafkaOffset);
    case "timestamp":
      return textOf(record.timestamp, reference);
    case "key":
      return textOf(record.key, reference);
  }
  if (first === "key") return textOf(within(record.key, path, reference), reference);
  if (first === "header") {
    return textOf(record.headers.lastWithName(path.join("."))?.value, reference);
  }
  const steps = first === "value" && path.length > 0 ? path : reference.split(".");
  return textOf(within(record.value, steps, reference), reference);
}

function within(start: unknown, path: readonly string[], reference: string): unknown {
  let value = start;
  for (const name of path) {
    if (isStruct(value)) {
      const field = value.schema.field(name);
      value = field === undefined ? undefined : value.get(field);
    } else if (isMapLike(value)) {
      value = mapGet(value, name);
    } else {
      throw new DataError(`the record has nothing that \${${reference}} could name`);
    }
  }
  return value;
}

function textOf(value: unknown, reference: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return String(value);
  }
  if (isDecimal(value)) return value.toPlainString();
  if (isFloat64(value)) return String(value.value);
  if (value instanceof Date) return value.toISOString();
  throw new DataError(
    value === null || value === undefined
      ? `the record has no \${${reference}}`
      : `\${${reference}} is neither text, number nor boolean`,
  );
}
