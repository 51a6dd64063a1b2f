import { isPromise, type SinkRecord, TopicPartitionMap } from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import type { TaskCounters } from "../task/counters.ts";
import type { RecordReader } from "./record-reader.ts";

/** What one poll gave, ready for `put`: the records, and where each partition is after them. */
export interface SinkBatch {
  readonly records: readonly SinkRecord[];
  /** Past every fetched record, also those that were filtered out or skipped. */
  readonly offsets: TopicPartitionMap<number>;
}

/** Converts and transforms what was fetched. */
export async function readBatch(
  fetched: readonly FetchedRecords[],
  reader: RecordReader,
  counters: TaskCounters,
): Promise<SinkBatch> {
  const records: SinkRecord[] = [];
  const offsets = new TopicPartitionMap<number>();
  for (const part of fetched) {
    counters.read += part.length;
    for (let i = 0; i < part.length; i++) {
      const pending = reader.read(part, i);
      const result = isPromise(pending) ? await pending : pending;
      if (typeof result !== "string") records.push(result);
      // What was given up is counted where it was given up.
      else if (result === "filtered") counters.filtered++;
    }
    if (part.length > 0) offsets.set(part, part.offsets[part.length - 1]! + 1);
  }
  return { records, offsets };
}
