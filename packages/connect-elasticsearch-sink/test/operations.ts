import { SinkRecord } from "@millrace/connect-api";
import type { Operation } from "../src/bulk/operation.ts";
import { PartitionProgress } from "@millrace/sink-progress";

/** An operation of record t-0@`offset` on document `id` of index i; its lines are `id@offset`. */
export function operation(id: string, offset: number, parts: Partial<Operation> = {}): Operation {
  const progress = parts.progress ?? new PartitionProgress("t", 0);
  const text = `${id}@${offset}\n`;
  return {
    record: new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset: offset }),
    progress,
    ticket: progress.add(offset),
    index: "i",
    id,
    version: offset,
    onConflict: "older",
    lines: { chunk: Buffer.from(text), start: 0, end: Buffer.byteLength(text) },
    ...parts,
  };
}
