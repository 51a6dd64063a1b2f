import { ConnectError } from "@millrace/connect-api";
import type { Culprit } from "./blame.ts";
import type { Activity } from "./inspect.ts";
import { exceeds, memoryMessage, type MemoryUse } from "./memory-limit.ts";
import type { UnitContext } from "./unit-context.ts";
import { LOOK_MS, type WorkerThread } from "./worker-thread.ts";

/** Why a thread has to end, and who is to blame. */
export interface Breakage {
  readonly error: Error;
  readonly culprit: Culprit;
}

/** A thread that has not turned for so long is in one piece of code, whose fault its memory is. */
const ONE_PIECE_MS = 2 * LOOK_MS;

/**
 * Judges a thread whose event loop has stood still for `task.thread.stuck.ms`.
 * @returns undefined when it turns again
 */
export async function stuckBreakage(
  thread: WorkerThread,
  stuckMs: number,
): Promise<Breakage | undefined> {
  const { beat } = thread;
  const activity = await thread.activity();
  if (thread.beat !== beat) return undefined;
  const message = `The thread stood still for more than task.thread.stuck.ms (${stuckMs} ms) and was ended: ${whose(activity)} blocked its event loop${where(activity)}`;
  return breakage(message, activity);
}

/**
 * Judges a thread that holds more than it may. Where its event loop turns nobody knows
 * who holds what, and what nothing refers to any more does not count.
 * @returns undefined when it holds less by now
 */
export async function memoryBreakage(
  thread: WorkerThread,
  use: MemoryUse,
  maxHeapMb: number,
): Promise<Breakage | undefined> {
  const { beat } = thread;
  if (thread.silentMs < ONE_PIECE_MS) {
    const inUse = await thread.memoryInUse();
    if (inUse !== undefined) {
      if (!exceeds(inUse, maxHeapMb)) return undefined;
      return breakage(memoryMessage(inUse, maxHeapMb), undefined);
    }
    // Busy all the while, so in one piece of code too; else it is looked at again soon.
    if (thread.beat !== beat) return undefined;
  }
  const activity = await thread.activity();
  const now = (await thread.measure()) ?? use;
  if (!exceeds(now, maxHeapMb)) return undefined;
  return breakage(`${memoryMessage(now, maxHeapMb)}${where(activity)}`, activity);
}

function breakage(message: string, activity: Activity | undefined): Breakage {
  const error = new ConnectError(message);
  error.stack = [`${error.name}: ${message}`, ...(activity?.stack ?? [])].join("\n    ");
  return { error, culprit: { unit: activity?.context?.unit } };
}

function whose(activity: Activity | undefined): string {
  const context: UnitContext | undefined = activity?.context;
  return context === undefined ? "a plugin" : context.name;
}

function where(activity: Activity | undefined): string {
  return activity === undefined
    ? ", in a native call that does not show its stack"
    : "; the stack shows where";
}
