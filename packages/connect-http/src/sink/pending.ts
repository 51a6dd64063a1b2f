import type { SinkRecord } from "@millrace/connect-api";
import type { PartitionProgress } from "@millrace/sink-progress";
import type { Target } from "./target.ts";

/** A record that is to be sent, with what it takes to say that it was. */
export interface Pending {
  readonly record: SinkRecord;
  readonly progress: PartitionProgress;
  readonly ticket: number;
  readonly target: Target;
  /** Null for a request without body. */
  readonly body: string | Uint8Array | null;
}

/** Bytes of a body, counting texts as if they were ASCII: a bound for memory and requests, no length. */
export function sizeOf({ body }: Pending): number {
  return body?.length ?? 0;
}

/** Which records these are, for messages. */
export function describe(batch: readonly Pending[]): string {
  const [first] = batch;
  const last = batch.at(-1);
  if (first === undefined || last === undefined) return "no record";
  return batch.length === 1
    ? `record ${where(first.record)}`
    : `${batch.length} records, ${where(first.record)} to ${where(last.record)}`;
}

export function where(record: SinkRecord): string {
  return `${record.originalTopic}-${record.originalKafkaPartition}@${record.originalKafkaOffset}`;
}
