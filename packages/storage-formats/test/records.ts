import { SinkRecord, type SinkRecordParts } from "@millrace/connect-api";
import type { ByteSink } from "../src/index.ts";

export function record(parts: Partial<SinkRecordParts> = {}): SinkRecord {
  return new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset: 0, ...parts });
}

/** Keeps what is written. */
export class MemorySink implements ByteSink {
  readonly parts: Buffer[] = [];

  write(bytes: Uint8Array): void {
    this.parts.push(Buffer.from(bytes));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}
