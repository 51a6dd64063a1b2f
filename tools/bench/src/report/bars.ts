import type { ConverterName, FileBenchmark } from "../harness/peer-bench.ts";

/** A limit to a ratio or a figure; which of the two its place says. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

const atLeast = (limit: number): Bar => ({ atLeast: limit });
const atMost = (limit: number): Bar => ({ atMost: limit });

/**
 * What has to be reached. `side-by-side` holds ratios ours/Java of medians, `scenario` figures
 * of ours alone, or their ratios to Java's where the name says so.
 */
export const BARS = {
  "side-by-side": {
    "file-source string": { rate: atLeast(2.5), cpu: atMost(0.4), rss: atMost(0.2) },
    "file-source json": { rate: atLeast(1.5), cpu: atMost(0.4), rss: atMost(0.2) },
    "file-source json-schema": { rate: atLeast(2), cpu: atMost(0.4), rss: atMost(0.2) },
    "file-sink string": { rate: atLeast(2), cpu: atMost(0.7), rss: atMost(0.5) },
    "file-sink json": { rate: atLeast(1.5), cpu: atMost(0.7), rss: atMost(0.5) },
    "file-sink json-schema": { rate: atLeast(1.5), cpu: atMost(0.7), rss: atMost(0.5) },
  } satisfies Record<`${FileBenchmark} ${ConverterName}`, Record<"rate" | "cpu" | "rss", Bar>>,
  "start-up": { up: atMost(0.2), idleRss: atMost(0.2) },
  scenario: {
    tasks: { "rate of two tasks ÷ of one": atLeast(1.6) },
    // task.thread.stuck.ms and the grace to stop, 5 s each in the scenario, and 2 s to notice.
    stuck: {
      "added REST p99": atMost(100),
      "time until FAILED": atMost(12),
      "records lost": atMost(0),
    },
    crowd: { "p99, task loops": atMost(250) },
    outage: { "peak RSS": atMost(400), "lines wrong": atMost(0) },
    compression: { "rate ÷ Java's": atLeast(1) },
    transforms: { "added CPU ÷ Java's": atMost(0.5) },
    slow: { "growth of RSS": atMost(1.1) },
    "jdbc-sink": { "rate ÷ Java's": atLeast(1.5), "CPU ÷ Java's": atMost(0.7) },
    "elasticsearch-sink": { "rate ÷ bare loop's": atLeast(0.8) },
    "s3-sink": {
      "Parquet: rate ÷ the writer's alone": atLeast(0.5),
      "JSON lines: rate ÷ the file sink's": atLeast(0.6),
      "peak RSS": atMost(400),
    },
    files: { "rate ÷ FileStreamSource's": atLeast(0.95), "CPU ÷ FileStreamSource's": atMost(1.1) },
    plugins: { "time to find them": atMost(300), "time to import one": atMost(150) },
    cdc: {
      "snapshot: rate ÷ Debezium's": atLeast(4),
      "snapshot: CPU ÷ Debezium's": atMost(0.2),
      "snapshot: peak RSS ÷ Debezium's": atMost(0.25),
      "transaction: rate ÷ Debezium's": atLeast(3),
      "transaction: CPU ÷ Debezium's": atMost(0.25),
      "transaction: peak RSS ÷ Debezium's": atMost(0.25),
      "latency: p50 ÷ Debezium's": atMost(0.05),
      "latency: p99 ÷ Debezium's": atMost(0.1),
    },
  },
} as const;

export function isMet(bar: Bar, value: number): boolean {
  return "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;
}

export function barText(bar: Bar): string {
  return "atLeast" in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
}
