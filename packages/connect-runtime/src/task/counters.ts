/**
 * What became of a task's records (I4): read = written + filtered + skipped +
 * dead-lettered + still held. Written means acknowledged by the other side; for a sink,
 * taken by `put` and not reported afterwards.
 */
export interface TaskCounters {
  read: number;
  written: number;
  /** Dropped by a transformation. */
  filtered: number;
  /** Given up by `errors.tolerance=all`, and kept nowhere. */
  skipped: number;
  /** Given up likewise, and durable in the dead-letter topic. */
  deadLettered: number;
}

export function newCounters(): TaskCounters {
  return { read: 0, written: 0, filtered: 0, skipped: 0, deadLettered: 0 };
}

/** Records that are under way, or were left to be read again. */
export function heldOf({ read, written, filtered, skipped, deadLettered }: TaskCounters): number {
  return read - written - filtered - skipped - deadLettered;
}

export function describeCounters(counters: TaskCounters): string {
  const { read, written, filtered, skipped, deadLettered } = counters;
  const letters = deadLettered === 0 ? "" : `dead-lettered ${deadLettered}, `;
  return `read ${read}, written ${written}, filtered ${filtered}, skipped ${skipped}, ${letters}still held ${heldOf(counters)}`;
}
