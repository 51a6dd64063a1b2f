import type { KafkaError } from "../errors.ts";

/** What became of some records of one group that went to one partition in one batch. */
export interface DeliveryPart {
  topic: string;
  partition: number;
  /** Offset of the first record of this part, the others follow it; -1 where it is not known. */
  baseOffset: number;
  /** Epoch milliseconds of the broker's append, -1 where the topic keeps the record's own time. */
  timestampMs: number;
  /** `[from, to)` pairs of indexes within the group, ascending. */
  ranges: number[];
  /** Set when the records were not written, or when it can't be known that they were. */
  error?: KafkaError;
}

export interface Delivery {
  parts: DeliveryPart[];
  /** The first part's error, if any part failed. */
  error?: KafkaError;
}

/** How batches report to the groups whose records they carry. */
export interface DeliverySink {
  /** @param count records that the part covers */
  settle(part: DeliveryPart, count: number): void;
}
