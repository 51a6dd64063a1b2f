import type { TopicPartition } from "@millrace/connect-api";
import type { Config } from "./config.ts";

/** What a complete file is called after: its first and last record. */
export interface Span extends TopicPartition {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

const DIGITS = 20;
const COMPRESSION_SUFFIX = { none: "", gzip: ".gz", zstd: ".zst" } as const;
const FORMAT_SUFFIX = { json: ".json", text: ".txt" } as const;
const NAME = /^(.+)\+(\d+)\+(\d{20})\+(\d{20})\.(?:json|txt)(?:\.gz|\.zst)?$/;

/** `orders+0+00000000000000000000+00000000000000000999.json.gz`: sorted by name they are in order. */
export function fileName(
  { topic, partition, firstOffset, lastOffset }: Span,
  { format, compression }: Pick<Config, "format" | "compression">,
): string {
  const [first, last] = [firstOffset, lastOffset].map((n) => String(n).padStart(DIGITS, "0"));
  const suffix = FORMAT_SUFFIX[format] + COMPRESSION_SUFFIX[compression];
  return `${topic}+${partition}+${first}+${last}${suffix}`;
}

/** What the name of a file says; null for one that is none of ours. */
export function spanOf(name: string): Span | null {
  const [, topic, partition, first, last] = NAME.exec(name) ?? [];
  if (topic === undefined) return null;
  return {
    topic,
    partition: Number(partition),
    firstOffset: Number(first),
    lastOffset: Number(last),
  };
}
