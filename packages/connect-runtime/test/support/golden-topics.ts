import { readFileSync } from "node:fs";

export interface RecordedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string;
  readonly value: string | null;
}

/** Every record of the internal topics of a Java worker 4.3.1 after the recorded REST requests. */
export const GOLDEN_TOPICS = JSON.parse(
  readFileSync(new URL("../golden/internal-topics.json", import.meta.url), "utf8"),
) as Record<"connect-configs" | "connect-offsets" | "connect-status", RecordedRecord[]>;

/** As a log hands it out. */
export function toLogRecord({ key, value, ...place }: RecordedRecord) {
  return { ...place, key: Buffer.from(key), value: value === null ? null : Buffer.from(value) };
}
