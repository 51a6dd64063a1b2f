import { Headers } from "./headers.ts";
import type { Schema } from "./schema.ts";

/** A source's own name for where records come from, e.g. `{ filename: "/a.txt" }`. Values: string, number, bigint, boolean, null. */
export type SourcePartition = Readonly<Record<string, unknown>>;
/** How far a source has come in a partition, e.g. `{ position: 42 }`. Values: string, number, bigint, boolean, null. */
export type SourceOffset = Readonly<Record<string, unknown>>;

/** What every record has; null schema means data without schema. */
export interface RecordParts {
  readonly topic: string;
  readonly kafkaPartition?: number | null | undefined;
  readonly keySchema?: Schema | null | undefined;
  readonly key?: unknown;
  readonly valueSchema?: Schema | null | undefined;
  readonly value?: unknown;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | null | undefined;
  readonly headers?: Headers | null | undefined;
}

/** A record on its way through Connect. Immutable but for its headers: transforms make new ones with `newRecord`. */
export abstract class ConnectRecord {
  readonly topic: string;
  readonly kafkaPartition: number | null;
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly valueSchema: Schema | null;
  readonly value: unknown;
  readonly timestamp: number | null;
  #headers: Headers | null;

  /** A copy with some parts changed: what `newRecord` of a subclass makes. */
  constructor(changes: Partial<RecordParts>, before: ConnectRecord);
  constructor(parts: RecordParts);
  constructor(parts: Partial<RecordParts>, before?: ConnectRecord) {
    // Each transform makes a record: no object is made on the way, and none is spread.
    const isCopy = before !== undefined;
    this.topic = isCopy && !("topic" in parts) ? before.topic : parts.topic!;
    this.kafkaPartition =
      (isCopy && !("kafkaPartition" in parts) ? before.kafkaPartition : parts.kafkaPartition) ??
      null;
    this.keySchema =
      (isCopy && !("keySchema" in parts) ? before.keySchema : parts.keySchema) ?? null;
    this.key = (isCopy && !("key" in parts) ? before.key : parts.key) ?? null;
    this.valueSchema =
      (isCopy && !("valueSchema" in parts) ? before.valueSchema : parts.valueSchema) ?? null;
    this.value = (isCopy && !("value" in parts) ? before.value : parts.value) ?? null;
    this.timestamp =
      (isCopy && !("timestamp" in parts) ? before.timestamp : parts.timestamp) ?? null;
    this.#headers =
      isCopy && parts.headers === undefined ? before.#ownHeaders() : (parts.headers ?? null);
  }

  /** The headers; most records have none, so the object is made when first asked for. */
  get headers(): Headers {
    return (this.#headers ??= new Headers());
  }

  get hasHeaders(): boolean {
    return this.#headers !== null && !this.#headers.isEmpty;
  }

  #ownHeaders(): Headers | null {
    return this.hasHeaders ? this.headers.duplicate() : null;
  }

  /** A copy with some parts changed; where it came from stays. Headers are duplicated unless given. */
  abstract newRecord(changes: Partial<RecordParts>): ConnectRecord;
}

export interface SourceRecordParts extends RecordParts {
  readonly sourcePartition: SourcePartition;
  readonly sourceOffset: SourceOffset | null;
}

/**
 * What a source task polls. Records of one source partition should share the
 * `sourcePartition` object: the worker then finds their offset by identity.
 */
export class SourceRecord extends ConnectRecord {
  readonly sourcePartition: SourcePartition;
  /** The position after this record; null leaves the partition's offset as it is. */
  readonly sourceOffset: SourceOffset | null;

  constructor(changes: Partial<RecordParts>, before: SourceRecord);
  constructor(parts: SourceRecordParts);
  constructor(parts: SourceRecordParts | Partial<RecordParts>, before?: SourceRecord) {
    super(parts, before!);
    const { sourcePartition, sourceOffset } = before ?? (parts as SourceRecordParts);
    this.sourcePartition = sourcePartition;
    this.sourceOffset = sourceOffset;
  }

  newRecord(changes: Partial<RecordParts>): SourceRecord {
    return new SourceRecord(changes, this);
  }
}

export type TimestampType = "NoTimestampType" | "CreateTime" | "LogAppendTime";

export interface SinkRecordParts extends RecordParts {
  readonly kafkaPartition: number;
  readonly kafkaOffset: number;
  readonly timestampType?: TimestampType | undefined;
  readonly originalTopic?: string | undefined;
  readonly originalKafkaPartition?: number | undefined;
  readonly originalKafkaOffset?: number | undefined;
}

/** What a sink task is given; the `original…` parts are those before any transform (KIP-793). */
export class SinkRecord extends ConnectRecord {
  declare readonly kafkaPartition: number;
  readonly kafkaOffset: number;
  readonly timestampType: TimestampType;
  readonly originalTopic: string;
  readonly originalKafkaPartition: number;
  readonly originalKafkaOffset: number;

  constructor(changes: Partial<RecordParts>, before: SinkRecord);
  constructor(parts: SinkRecordParts);
  constructor(parts: SinkRecordParts | Partial<RecordParts>, before?: SinkRecord) {
    super(parts, before!);
    // A copy keeps its partition, since it was read from one.
    this.kafkaPartition = parts.kafkaPartition ?? before!.kafkaPartition;
    const origin = before ?? (parts as SinkRecordParts);
    this.kafkaOffset = origin.kafkaOffset;
    this.timestampType = origin.timestampType ?? "CreateTime";
    this.originalTopic = origin.originalTopic ?? origin.topic;
    this.originalKafkaPartition = origin.originalKafkaPartition ?? origin.kafkaPartition;
    this.originalKafkaOffset = origin.originalKafkaOffset ?? origin.kafkaOffset;
  }

  newRecord(changes: Partial<RecordParts>): SinkRecord {
    return new SinkRecord(changes, this);
  }
}
