import type { Logger } from "@millrace/connect-api";
import type { CommitMeasures } from "../task/measures.ts";

/** When a sink task commits: at the worker's interval, or when the task asks for it. */
export class CommitSchedule {
  readonly #intervalMs: number;
  readonly #measures: CommitMeasures;
  #nextMs: number;

  /** @param intervalMs `offset.flush.interval.ms` */
  constructor(intervalMs: number, measures: CommitMeasures) {
    this.#intervalMs = intervalMs;
    this.#measures = measures;
    this.#nextMs = Date.now() + intervalMs;
  }

  dueInMs(): number {
    return Math.max(0, this.#nextMs - Date.now());
  }

  isDue(): boolean {
    return this.dueInMs() === 0;
  }

  /**
   * Runs a commit. One that fails is logged; the next one covers its offsets.
   * @param commit tells whether there was something to commit
   */
  async run(commit: () => Promise<boolean>, logger: Logger): Promise<void> {
    const begunAt = performance.now();
    try {
      if (await commit()) this.#measures.committed(performance.now() - begunAt);
    } catch (error) {
      this.#measures.commitFailed();
      logger.error("Offsets could not be committed; the next commit will try again", { error });
    }
    this.#nextMs = Date.now() + this.#intervalMs;
  }
}
