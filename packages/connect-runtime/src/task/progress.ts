import type { Logger } from "@millrace/connect-api";
import { describeCounters, type TaskCounters } from "./counters.ts";

/** Lines are at least so far apart, however often offsets are committed. */
const SHORTEST_INTERVAL_MS = 10_000;

/** Tells operators in the log how far a task is, as long as something moves. */
export class ProgressLog {
  readonly #counters: TaskCounters;
  readonly #logger: Logger;
  readonly #intervalMs: number;
  #sinceMs = Date.now();
  #read = 0;
  #written = 0;

  /** @param intervalMs `offset.flush.interval.ms`: what is told then is committed soon */
  constructor(counters: TaskCounters, logger: Logger, intervalMs: number) {
    this.#counters = counters;
    this.#logger = logger;
    this.#intervalMs = Math.max(intervalMs, SHORTEST_INTERVAL_MS);
  }

  /** Call it once per round of the task's loop. */
  tellIfDue(): void {
    const elapsedMs = Date.now() - this.#sinceMs;
    if (elapsedMs < this.#intervalMs) return;
    const { read, written } = this.#counters;
    if (read !== this.#read || written !== this.#written) {
      const perSecond = ((written - this.#written) * 1000) / elapsedMs;
      const rate = perSecond.toFixed(perSecond < 10 ? 1 : 0);
      this.#logger.info(`${rate} records/s: ${describeCounters(this.#counters)}`);
    }
    this.#sinceMs += elapsedMs;
    this.#read = read;
    this.#written = written;
  }
}
