import { totalmem } from "node:os";
import type { ResourceLimits } from "node:worker_threads";

export const MIB = 2 ** 20;

/** A task with full buffers and a batch under conversion fits well; a worker in a small container too. */
const LEAST_MB = 256;
/** More makes garbage collections long rather than tasks fast. */
const MOST_MB = 2048;

/**
 * V8's own limit lies above ours by so much. Where V8 meets its limit in the midst of a
 * large allocation it ends the process, not only the thread; so threads are ended before.
 */
const HEADROOM_MB = 2048;

/** Without it V8 shrinks the young generation too, and everything takes five times as long. */
const YOUNG_MB = 64;

/**
 * The default of `task.thread.max.heap.mb`: the threads' heaps together take half of the
 * memory there is. The rest is for Buffers, the main thread and the code itself.
 */
export function defaultHeapMb(taskThreads: number, memoryBytes = usableMemory()): number {
  const share = Math.floor(memoryBytes / MIB / 2 / taskThreads);
  return Math.min(MOST_MB, Math.max(LEAST_MB, share));
}

/** Of the machine, or of the container where that is less. */
function usableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

export function resourceLimits(maxHeapMb: number): ResourceLimits {
  return {
    maxOldGenerationSizeMb: maxHeapMb + HEADROOM_MB,
    maxYoungGenerationSizeMb: YOUNG_MB,
  };
}

/** What a thread holds at the moment. */
export interface MemoryUse {
  /** Objects, those that nothing refers to any more included. */
  readonly heapMb: number;
  /** Buffers and typed arrays. */
  readonly externalMb: number;
}

export function exceeds({ heapMb, externalMb }: MemoryUse, maxHeapMb: number): boolean {
  return heapMb > maxHeapMb || externalMb > maxHeapMb;
}

export function memoryMessage({ heapMb, externalMb }: MemoryUse, maxHeapMb: number): string {
  const [what, mb] = heapMb > maxHeapMb ? ["heap", heapMb] : ["Buffers", externalMb];
  return `The thread was ended because its ${what} took ${Math.round(mb)} MB, more than the ${maxHeapMb} MB it may have; ${MEMORY_REMEDY}`;
}

export const MEMORY_REMEDY =
  "let the connector hold less at a time, give it threads of its own (task.isolation=dedicated), or raise task.thread.max.heap.mb";
