import { setTimeout as delay } from "node:timers/promises";
import type { ConnectClient } from "@millrace/services";
import { countDocuments } from "./counts.ts";
import type { Pipeline } from "./pipeline.ts";

const LOOK_MS = 500;
/** Without any progress for so long, something is wrong. */
const STALL_MS = 60_000;

/**
 * Shows how rows travel until all have arrived.
 * @throws {Error} when a connector fails, or nothing moves any more
 */
export async function watchUntilArrived(
  { topic, elasticsearchUrl, index }: Pipeline,
  rows: number,
  worker: ConnectClient,
  connectors: readonly string[],
): Promise<void> {
  const startedAt = Date.now();
  let lastProgressAt = startedAt;
  let last = -1;
  for (;;) {
    const records = await topic.read();
    const documents = await countDocuments(elasticsearchUrl, index);
    const seconds = (Date.now() - startedAt) / 1000;
    show(
      `  rows ${rows} · in Kafka ${records} · indexed ${documents} · ${Math.round(documents / Math.max(seconds, 0.1))}/s · lag ${records - documents}`,
    );
    if (records >= rows && documents >= rows) break;
    for (const connector of connectors) await worker.throwIfFailed(connector);
    if (records + documents > last) {
      last = records + documents;
      lastProgressAt = Date.now();
    } else if (Date.now() - lastProgressAt > STALL_MS) {
      throw new Error(`Nothing has moved for ${STALL_MS / 1000} s`);
    }
    await delay(LOOK_MS);
  }
  console.log(
    process.stdout.isTTY
      ? ""
      : `  all arrived after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  );
}

/** One line that is written over; elsewhere than on a terminal a line each time. */
function show(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`);
  else console.log(line);
}
