import type { KafkaError } from "../errors.ts";
import { BatchEncoder, type BufferSource } from "../record-batch/encode.ts";
import type { Bytes, RecordHeader } from "../types.ts";
import type { DeliverySink } from "./delivery.ts";

/** Consecutive records of a batch that belong to one group. */
interface Segment {
  readonly sink: DeliverySink;
  /** Index in the batch of the segment's first record. */
  readonly first: number;
  count: number;
  readonly ranges: number[];
}

/** A record batch on its way: open for records, then sealed, sent, perhaps again, and settled. */
export class ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  /** How many records of this partition came before this batch's first one. */
  readonly ordinal: number;
  readonly createdMs: number;
  readonly encoder: BatchEncoder;
  readonly #segments: Segment[] = [];
  #last: Segment | undefined;
  /** Times it was sent. A batch that was sent keeps its sequence when it is sent again. */
  attempts = 0;
  /** Ready to be sent: records are compressed, or need not be. */
  sealed = false;
  /** Its groups have been told; nothing is to be done with it any more. */
  settled = false;
  /** Sequence of its first record, -1 while it has none. */
  baseSequence = -1;
  /** Memory the accumulator has counted for it. */
  accounted = 0;
  /** Why it was not acknowledged the last time. */
  lastError: KafkaError | undefined;

  constructor(
    topic: string,
    partition: number,
    ordinal: number,
    createdMs: number,
    source: BufferSource,
    initialSize: number,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.ordinal = ordinal;
    this.createdMs = createdMs;
    this.encoder = new BatchEncoder(source, initialSize);
  }

  get count(): number {
    return this.encoder.count;
  }

  /**
   * @param index of the record within its group
   * @returns false when the batch would grow beyond `limit` bytes
   */
  append(
    sink: DeliverySink,
    index: number,
    timestampMs: number,
    key: Bytes,
    value: Bytes,
    headers: readonly RecordHeader[] | null | undefined,
    limit: number,
  ): boolean {
    if (!this.encoder.append(timestampMs, key, value, headers, limit)) return false;
    this.#note(sink, index, index + 1);
    return true;
  }

  /** Notes that the next `to - from` records are those of the group. */
  #note(sink: DeliverySink, from: number, to: number): void {
    let segment = this.#last;
    if (segment === undefined || segment.sink !== sink) {
      const first = segment === undefined ? 0 : segment.first + segment.count;
      segment = this.#last = { sink, first, count: 0, ranges: [] };
      this.#segments.push(segment);
    }
    const { ranges } = segment;
    segment.count += to - from;
    if (ranges.length > 0 && ranges[ranges.length - 1] === from) ranges[ranges.length - 1] = to;
    else ranges.push(from, to);
  }

  /** Hands the groups of records `from`…`to - 1` on to another batch, which holds those records. */
  transferTo(other: ProduceBatch, from: number, to: number): void {
    for (const { sink, first, ranges } of this.#segments) {
      let index = first;
      for (let i = 0; i < ranges.length; i += 2) {
        const start = ranges[i]!;
        const length = ranges[i + 1]! - start;
        const low = Math.max(from, index);
        const high = Math.min(to, index + length);
        if (low < high) other.#note(sink, start + low - index, start + high - index);
        index += length;
      }
    }
  }

  /** Reports to every group, and gives the memory back. */
  settle(baseOffset: number, timestampMs: number, error: KafkaError | undefined): void {
    const { topic, partition } = this;
    this.settled = true;
    this.encoder.release();
    for (const { sink, first, count, ranges } of this.#segments) {
      const offset = baseOffset < 0 ? -1 : baseOffset + first;
      const part = { topic, partition, baseOffset: offset, timestampMs, ranges };
      sink.settle(error === undefined ? part : { ...part, error }, count);
    }
  }
}
