import assert from "node:assert/strict";
import { setImmediate as immediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a connector may hold more at the end than after a quarter of the records: caches that fill. */
const GROWTH_LIMIT_MB = 16;
const MIB = 2 ** 20;

/**
 * Moves records in portions and compares what is held after a quarter of them with what is
 * held after all, garbage collected.
 * @param move moves the next so many records, and resolves when they are committed
 * @throws {AssertionError} with the growth, when it is more than caches explain
 */
export async function assertFlat(
  records: number,
  portion: number,
  move: (from: number, count: number) => Promise<void>,
): Promise<void> {
  let early = Number.POSITIVE_INFINITY;
  for (let from = 0; from < records; from += portion) {
    if (early === Number.POSITIVE_INFINITY && from >= records / 4) early = await heldMb();
    await move(from, Math.min(portion, records - from));
  }
  const growth = (await heldMb()) - early;
  assert.ok(
    growth <= GROWTH_LIMIT_MB,
    `after ${records} records ${growth.toFixed(1)} MB more are held than after a quarter of them; at most ${GROWTH_LIMIT_MB} are allowed`,
  );
}

/** Megabytes of objects and Buffers that something still refers to. */
async function heldMb(): Promise<number> {
  // Without a flag for the process: authors run their tests as they like.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let held = Number.POSITIVE_INFINITY;
  for (;;) {
    collect();
    // What a Buffer held is given back, and callbacks of what is gone are called, only now.
    await immediate();
    const { heapUsed, external } = process.memoryUsage();
    const now = (heapUsed + external) / MIB;
    if (now > held - 1) return Math.min(now, held);
    held = now;
  }
}
