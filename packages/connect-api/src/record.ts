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

  constructor(parts: RecordParts) {
    this.topic = parts.topic;
    this.kafkaPartition = parts.kafkaPartition ?? null;
    this.keySchema = parts.keySchema ?? null;
    this.key = parts.key ?? null;
    this.valueSchema = parts.valueSchema ?? null;
    this.value = parts.value ?? null;
    this.timestamp = parts.timestamp ?? null;
    this.#headers = parts.headers ?? null;
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

  protected changed(changes: Partial<RecordParts>): RecordParts {
    return {
      topic: this.topic,
      kafkaPartition: this.kafkaPartition,
      keySchema: this.keySchema,
      key: this.key,
      valueSchema: this.valueSchema,
      value: this.value,
      timestamp: this.timestamp,
      ...changes,
      headers: changes.headers === undefined ? this.#ownHeaders() : changes.headers,
    };
  }
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

  constructor(parts: SourceRecordParts) {
    super(parts);
    this.sourcePartition = parts.sourcePartition;
    this.sourceOffset = parts.sourceOffset;
  }

  newRecord(changes: Partial<RecordParts>): SourceRecord {
    return new SourceRecord({
      ...this.changed(changes),
      sourcePartition: this.sourcePartition,
      sourceOffset: this.sourceOffset,
    });
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

  constructor(parts: SinkRecordParts) {
    super(parts);
    this.kafkaOffset = parts.kafkaOffset;
    this.timestampType = parts.timestampType ?? "CreateTime";
    this.originalTopic = parts.originalTopic ?? parts.topic;
    this.originalKafkaPartition = parts.originalKafkaPartition ?? parts.kafkaPartition;
    this.originalKafkaOffset = parts.originalKafkaOffset ?? parts.kafkaOffset;
  }

  newRecord(changes: Partial<RecordParts>): SinkRecord {
    const parts = this.changed(changes);
    return new SinkRecord({
      ...parts,
      kafkaPartition: parts.kafkaPartition ?? this.kafkaPartition,
      kafkaOffset: this.kafkaOffset,
      timestampType: this.timestampType,
      originalTopic: this.originalTopic,
      originalKafkaPartition: this.originalKafkaPartition,
      originalKafkaOffset: this.originalKafkaOffset,
    });
  }
}
