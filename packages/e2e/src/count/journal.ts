/** When one run of a task was seen at work. */
export interface Activity {
  /** Tells the runs of a task apart, also those in one process. */
  readonly run: string;
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

/** Two runs of one task that were at work at the same time. */
export interface Overlap {
  readonly stream: string;
  readonly pids: readonly [number, number];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly durationMs: number;
}

/**
 * A run that writes nothing for so long was frozen, and not at work. Far above what a
 * loaded machine makes of the 100 ms between two lines.
 */
const FROZEN_MS = 1_000;

/**
 * Reads the journal of one stream: lines `<start|alive|stop> <pid> <run> <milliseconds>`,
 * as the fixture source writes them. A last line that a kill has cut is left out.
 */
export function activities(journal: string): Activity[] {
  const current = new Map<string, { run: string; pid: number; from: number; to: number }>();
  const all: Activity[] = [];
  for (const [, pid, run, time] of journal.matchAll(/^\w+ (\d+) (\S+) (\d+)$/gm)) {
    const at = Number(time);
    const activity = current.get(run!);
    if (activity && at - activity.to <= FROZEN_MS) {
      activity.to = Math.max(activity.to, at);
    } else {
      const started = { run: run!, pid: Number(pid), from: at, to: at };
      current.set(run!, started);
      all.push(started);
    }
  }
  return all;
}

/**
 * All times at which two runs worked on one stream at once, longest first. What a run
 * did before its first line and after its last one, at most 100 ms, is not seen.
 */
export function overlaps(stream: string, journal: string): Overlap[] {
  const sorted = activities(journal).sort((a, b) => a.from - b.from);
  const found: Overlap[] = [];
  for (const [i, one] of sorted.entries()) {
    for (const other of sorted.slice(i + 1)) {
      if (other.from >= one.to) break;
      if (other.run === one.run) continue;
      const durationMs = Math.min(one.to, other.to) - other.from;
      found.push({ stream, pids: [one.pid, other.pid], from: other.from, durationMs });
    }
  }
  return found.sort((a, b) => b.durationMs - a.durationMs);
}
