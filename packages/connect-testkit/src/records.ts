import { SinkRecord, type SinkRecordParts, STRING_SCHEMA } from "@millrace/connect-api";

/** A sink record of topic `test`, partition 0, offset 0, unless told otherwise. */
export function sinkRecord(parts: Partial<SinkRecordParts> = {}): SinkRecord {
  return new SinkRecord({
    topic: "test",
    kafkaPartition: 0,
    kafkaOffset: 0,
    timestamp: 1_700_000_000_000,
    ...parts,
  });
}

/** A sink record whose value is a text with its schema. */
export function stringRecord(value: string, parts: Partial<SinkRecordParts> = {}): SinkRecord {
  return sinkRecord({ valueSchema: STRING_SCHEMA, value, ...parts });
}

/** A record without value: in a compacted topic it says that its key is deleted. */
export function tombstone(parts: Partial<SinkRecordParts> = {}): SinkRecord {
  return sinkRecord({ ...parts, valueSchema: null, value: null });
}

/** Numbers records as one Kafka partition does: each record gets the next offset. */
export class TestPartition {
  readonly topic: string;
  readonly partition: number;
  #nextOffset: number;

  constructor(topic = "test", partition = 0, firstOffset = 0) {
    this.topic = topic;
    this.partition = partition;
    this.#nextOffset = firstOffset;
  }

  append(parts: Omit<Partial<SinkRecordParts>, "topic" | "kafkaPartition" | "kafkaOffset">) {
    const kafkaOffset = this.#nextOffset;
    this.#nextOffset += 1;
    return sinkRecord({ ...parts, topic: this.topic, kafkaPartition: this.partition, kafkaOffset });
  }

  appendStrings(...values: string[]): SinkRecord[] {
    return values.map((value) => this.append({ valueSchema: STRING_SCHEMA, value }));
  }
}
