import { DataError, doubleText, isFloat64 } from "@millrace/connect-api";
import { offsetKey, offsetValue } from "../source/offset-json.ts";
import { canonicalKey } from "../store/canonical-key.ts";
import type { GroupOffset } from "../threads/units.ts";
import { BadRequestError } from "./bad-request.ts";

/** The fields of a partition or an offset: integers are exact (bigint where they are large), whole floats boxed. */
export type OffsetFields = Readonly<Record<string, unknown>>;

/** What an operator wants the offset of one partition to be (Java: `ConnectorOffset`); null resets it. */
export interface OffsetChange {
  readonly partition: OffsetFields | null;
  readonly offset: OffsetFields | null;
}

/**
 * Changes of a source's offsets as they are stored, by key (Java: `OffsetUtils.validateFormat`). Of
 * several for one partition the last one counts.
 * @throws {DataError} for a value that is no primitive
 */
export function sourceEntries(
  connector: string,
  changes: readonly OffsetChange[],
): Map<string, string | null> {
  const entries = new Map<string, [key: string, value: string | null]>();
  for (const { partition, offset } of changes) {
    checkPrimitives(partition);
    checkPrimitives(offset);
    const key = offsetKey(connector, partition);
    entries.set(canonicalKey(key), [key, offset === null ? null : offsetValue(offset)]);
  }
  return new Map(entries.values());
}

function checkPrimitives(fields: OffsetFields | null): void {
  for (const [field, value] of Object.entries(fields ?? {})) {
    const kind = notPrimitive(value);
    if (kind === undefined) continue;
    throw new DataError(
      `Offsets may only contain primitive types as values, but field ${field} contains ${kind}`,
    );
  }
}

/** In Java's words, for what a Java `long` does not hold either. */
function notPrimitive(value: unknown): string | undefined {
  if (Array.isArray(value)) return "ARRAY";
  if (typeof value === "object" && value !== null && !isFloat64(value)) return "MAP";
  const tooLarge = typeof value === "bigint" && BigInt.asIntN(64, value) !== value;
  return tooLarge ? "class java.math.BigInteger" : undefined;
}

const TOPIC = "kafka_topic";
const PARTITION = "kafka_partition";
const OFFSET = "kafka_offset";

/**
 * Changes of a sink's offsets (Java: `SinkUtils.parseSinkConnectorOffsets`). Numbers may be given as
 * texts. Of several for one partition the last one counts.
 * @throws {BadRequestError} for the first that is none
 */
export function sinkEntries(changes: readonly OffsetChange[]): GroupOffset[] {
  const entries = new Map<string, GroupOffset>();
  for (const { partition: fields, offset: position } of changes) {
    const [topic, partition] = topicPartition(fields);
    const offset = position === null ? null : kafkaOffset(position);
    entries.set(`${partition} ${topic}`, { topic, partition, offset });
  }
  return [...entries.values()];
}

function topicPartition(fields: OffsetFields | null): [topic: string, partition: number] {
  if (fields === null) {
    throw new BadRequestError(
      "The partition for a sink connector offset cannot be null or missing",
    );
  }
  if (!Object.hasOwn(fields, TOPIC) || !Object.hasOwn(fields, PARTITION)) {
    throw new BadRequestError(
      `The partition for a sink connector offset must contain the keys '${TOPIC}' and '${PARTITION}'`,
    );
  }
  const { [TOPIC]: topic, [PARTITION]: partition } = fields;
  if (topic === null) {
    throw new BadRequestError("Kafka topic names must be valid strings and may not be null");
  }
  if (partition === null) {
    throw new BadRequestError("Kafka partitions must be valid numbers and may not be null");
  }
  const number = integer(partition, 32);
  if (number === undefined) {
    throw new BadRequestError(
      `Failed to parse the following Kafka partition value in the provided offsets: '${textOf(partition)}'. Partition values for sink connectors need to be integers.`,
    );
  }
  return [textOf(topic), Number(number)];
}

function kafkaOffset(fields: OffsetFields): number {
  if (!Object.hasOwn(fields, OFFSET)) {
    throw new BadRequestError(
      `The offset for a sink connector should either be null or contain the key '${OFFSET}'`,
    );
  }
  const offset = integer(fields[OFFSET], 64);
  if (offset === undefined) {
    throw new BadRequestError(
      `Failed to parse the following Kafka offset value in the provided offsets: '${textOf(fields[OFFSET])}'. Offset values for sink connectors need to be integers.`,
    );
  }
  if (!Number.isSafeInteger(Number(offset))) {
    throw new BadRequestError(
      `The Kafka offset ${offset} in the provided offsets is too large: no partition has more than ${Number.MAX_SAFE_INTEGER} records`,
    );
  }
  return Number(offset);
}

/** As Java's `parseInt` and `parseLong` read a text. */
function integer(value: unknown, bits: 32 | 64): bigint | undefined {
  const text = textOf(value);
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const number = BigInt(text.replace("+", ""));
  return BigInt.asIntN(bits, number) === number ? number : undefined;
}

function textOf(value: unknown): string {
  if (isFloat64(value)) return doubleText(value.value);
  if (typeof value === "number" && !Number.isInteger(value)) return doubleText(value);
  return typeof value === "string" || typeof value === "bigint"
    ? String(value)
    : JSON.stringify(value ?? null);
}
