import type { SourceOffset, SourcePartition, SourceRecord } from "@millrace/connect-api";

/** A record for messages: where it was meant to go, and where it came from. */
export function describeRecord({ topic, sourcePartition, sourceOffset }: SourceRecord): string {
  return `for topic ${topic} (${describeOrigin(sourcePartition, sourceOffset)})`;
}

export function describeOrigin(partition: SourcePartition, offset: SourceOffset | null): string {
  const values = (of: object) => Object.values(of).join(",");
  return `source partition ${values(partition)}, offset ${values(offset ?? {})}`;
}
