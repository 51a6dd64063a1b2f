import { type RecordParts, SinkRecord, type SinkRecordParts } from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import type { Letter, RecordOrigin } from "../errors/failed-record.ts";

/** A record as it was consumed: a dead letter is the same bytes again. */
export class ConsumedRecord implements RecordOrigin {
  readonly #batch: FetchedRecords;
  readonly #index: number;

  constructor(batch: FetchedRecords, index: number) {
    this.#batch = batch;
    this.#index = index;
  }

  get where(): string {
    const { topic, partition, offsets } = this.#batch;
    return `of ${topic}-${partition} at offset ${offsets[this.#index]}`;
  }

  describe(): string {
    const { topic, partition, offsets, timestamps, timestampType } = this.#batch;
    const timestamp = timestamps[this.#index]!;
    return describeConsumed({
      topic,
      partition,
      offset: offsets[this.#index]!,
      timestamp: timestamp < 0 ? null : timestamp,
      timestampType,
    });
  }

  letter(): Letter {
    const batch = this.#batch;
    return {
      key: batch.key(this.#index),
      value: batch.value(this.#index),
      timestampMs: batch.timestamps[this.#index]!,
      headers: batch.headers(this.#index),
      place: placeOf(batch.topic, batch.partition, batch.offsets[this.#index]!),
    };
  }
}

/**
 * A record that knows what it was made of, so that a task can report it after it was
 * converted. It keeps the broker's answer in memory, so records are of this kind only
 * where there is a dead-letter topic.
 */
export class ConsumedSinkRecord extends SinkRecord {
  readonly #batch: FetchedRecords;
  readonly #index: number;

  constructor(parts: SinkRecordParts, batch: FetchedRecords, index: number) {
    super(parts);
    this.#batch = batch;
    this.#index = index;
  }

  get consumed(): ConsumedRecord {
    return new ConsumedRecord(this.#batch, this.#index);
  }

  override newRecord(changes: Partial<RecordParts>): ConsumedSinkRecord {
    return new ConsumedSinkRecord(super.newRecord(changes), this.#batch, this.#index);
  }
}

/** Java's text of a consumed record in the log (`LogReporter.Sink`): no contents. */
export function describeConsumed(record: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number | null;
  readonly timestampType: string;
}): string {
  const { topic, partition, offset, timestamp, timestampType } = record;
  const time = timestamp === null ? "" : `, timestamp=${timestamp}, timestampType=${timestampType}`;
  return `, where consumed record is {topic='${topic}', partition=${partition}, offset=${offset}${time}}`;
}

export function placeOf(topic: string, partition: number, offset: number): Letter["place"] {
  return [
    ["topic", topic],
    ["partition", String(partition)],
    ["offset", String(offset)],
  ];
}
