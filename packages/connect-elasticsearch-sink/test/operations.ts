import { SinkRecord } from "@millrace/connect-api";
import type { Operation } from "../src/bulk/operation.ts";
import { PartitionProgress } from "../src/partition-progress.ts";

/** An operation of record t-0@`offset` on document `id` of index i. */
export function operation(id: string, offset: number, parts: Partial<Operation> = {}): Operation {
  const progress = parts.progress ?? new PartitionProgress("t", 0);
  return {
    record: new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset: offset }),
    progress,
    ticket: progress.add(offset),
    index: "i",
    id,
    version: offset,
    lines: `${id}@${offset}\n`,
    ...parts,
  };
}
