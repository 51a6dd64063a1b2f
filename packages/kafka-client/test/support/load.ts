import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";

import type { KafkaError, Producer } from "../../src/index.ts";
import { readAll } from "./read-back.ts";

/** What a load wrote: record n of a partition has the value "n". */
export interface Load {
  readonly topic: string;
  /** Records appended, by partition. */
  readonly appended: number[];
  /** Records whose delivery failed. */
  failed: number;
  readonly errors: KafkaError[];
  /** Most memory the producer ever held. */
  peakBytes: number;
  acked: number;
}

export interface LoadShape {
  recordBytes: number;
  /** Records per group. */
  groupSize: number;
  pauseMs: number;
}

const SHAPE: LoadShape = { recordBytes: 100, groupSize: 100, pauseMs: 1 };

/**
 * Writes to a topic without a pause, held back only by the producer, until `during` is done; then
 * waits for everything that was appended.
 */
export async function underLoad(
  producer: Producer,
  topic: string,
  partitions: number,
  during: (load: Load) => Promise<void>,
  shape: Partial<LoadShape> = {},
): Promise<Load> {
  const load: Load = {
    topic,
    appended: Array.from({ length: partitions }, () => 0),
    failed: 0,
    errors: [],
    peakBytes: 0,
    acked: 0,
  };
  const stop = new AbortController();
  const writing = write(producer, load, stop.signal, { ...SHAPE, ...shape });
  try {
    await during(load);
  } finally {
    stop.abort();
    await writing;
  }
  await producer.flush();
  return load;
}

async function write(
  producer: Producer,
  load: Load,
  signal: AbortSignal,
  { recordBytes, groupSize, pauseMs }: LoadShape,
): Promise<void> {
  const { topic, appended } = load;
  while (!signal.aborted) {
    const group = producer.group();
    for (let i = 0; i < groupSize; i++) {
      const partition = i % appended.length;
      const value = `${appended[partition]!++}`.padEnd(recordBytes);
      group.append(topic, partition, -1, null, value);
    }
    void group.send().then(({ parts }) => {
      for (const { ranges, error } of parts) {
        let count = 0;
        for (let i = 0; i < ranges.length; i += 2) count += ranges[i + 1]! - ranges[i]!;
        if (error === undefined) load.acked += count;
        else {
          load.failed += count;
          load.errors.push(error);
        }
      }
      return load;
    });
    load.peakBytes = Math.max(load.peakBytes, producer.bufferedBytes);
    await delay(pauseMs);
    try {
      await producer.ready(signal);
    } catch {
      return; // stopped while held back
    }
  }
}

/** Every record that was appended is there once, in order. */
export async function expectExactlyOnce(bootstrapServers: string, load: Load): Promise<void> {
  expect(load.errors.map(({ message }) => message)).toEqual([]);
  const records = await readAll(bootstrapServers, load.topic, { timeoutMs: 120_000 });
  const next = load.appended.map(() => 0);
  for (const { partition, value } of records) {
    const n = Number(String(value));
    if (n !== next[partition])
      throw new Error(`${load.topic}-${partition}: expected record ${next[partition]}, read ${n}`);
    next[partition] = n + 1;
  }
  expect(next).toEqual(load.appended);
}
