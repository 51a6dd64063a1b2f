/**
 * What became of a task's records (I4): read = written + filtered + skipped + still held.
 * Written means acknowledged by the other side; for a sink, taken by `put`.
 */
export interface TaskCounters {
  read: number;
  written: number;
  /** Dropped by a transformation. */
  filtered: number;
  /** Given up by `errors.tolerance=all`. */
  skipped: number;
}

export function newCounters(): TaskCounters {
  return { read: 0, written: 0, filtered: 0, skipped: 0 };
}

export function describeCounters({ read, written, filtered, skipped }: TaskCounters): string {
  const held = read - written - filtered - skipped;
  return `read ${read}, written ${written}, filtered ${filtered}, skipped ${skipped}, still held ${held}`;
}
