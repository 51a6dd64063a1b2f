import type { Logger } from "@millrace/connect-api";

/** When a sink task commits: at the worker's interval, or when the task asks for it. */
export class CommitSchedule {
  readonly #intervalMs: number;
  #nextMs: number;

  /** @param intervalMs `offset.flush.interval.ms` */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#nextMs = Date.now() + intervalMs;
  }

  dueInMs(): number {
    return Math.max(0, this.#nextMs - Date.now());
  }

  isDue(): boolean {
    return this.dueInMs() === 0;
  }

  /** Runs a commit. One that fails is logged; the next one covers its offsets. */
  async run(commit: () => Promise<void>, logger: Logger): Promise<void> {
    try {
      await commit();
    } catch (error) {
      logger.error("Offsets could not be committed; the next commit will try again", { error });
    }
    this.#nextMs = Date.now() + this.#intervalMs;
  }
}
