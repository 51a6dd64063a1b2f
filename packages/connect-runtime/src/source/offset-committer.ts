import type { Logger, SourceTask } from "@millrace/connect-api";
import type { Calls } from "../threads/calls.ts";
import type { CommitMeasures } from "../task/measures.ts";
import type { MainMethods } from "../threads/protocol.ts";
import type { InFlight } from "./in-flight.ts";
import { offsetValue } from "./offset-json.ts";

export interface OffsetCommitterOptions {
  readonly task: SourceTask;
  readonly inFlight: InFlight;
  readonly main: Calls<MainMethods>;
  /** `offset.flush.interval.ms` */
  readonly intervalMs: number;
  /** `offset.flush.timeout.ms` */
  readonly timeoutMs: number;
  readonly measures: CommitMeasures;
  readonly logger: Logger;
}

/**
 * Writes committable offsets to the store, at intervals and once at the end. Offsets that
 * could not be written are kept and tried again with the next ones.
 */
export class OffsetCommitter {
  readonly #options: OffsetCommitterOptions;
  readonly #timer: NodeJS.Timeout;
  /** By JSON key; a later offset of a partition takes the place of an earlier one. */
  readonly #pending = new Map<string, string>();
  #running: Promise<void> | undefined;

  constructor(options: OffsetCommitterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      // A slow store must not make commits queue up: the one under way is followed by the next interval's.
      if (this.#running === undefined) void this.commit();
    }, options.intervalMs);
  }

  /**
   * Commits what is committable, then tells the task. Never rejects: a failure is logged,
   * and the offsets wait for the next time. One commit at a time.
   */
  commit(): Promise<void> {
    const run = (this.#running ?? Promise.resolve())
      .then(() => this.#commit())
      .finally(() => {
        if (this.#running === run) this.#running = undefined;
      });
    this.#running = run;
    return run;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #commit(): Promise<void> {
    const { inFlight, main, task, timeoutMs, measures, logger } = this.#options;
    const begunAt = performance.now();
    try {
      for (const [key, offset] of inFlight.takeCommittable()) {
        this.#pending.set(key, offsetValue(offset));
      }
      if (this.#pending.size > 0) {
        const entries = new Map(this.#pending);
        await main.ask("writeOffsets", [entries], timeoutMs);
        measures.committed(performance.now() - begunAt);
        for (const [key, value] of entries) {
          if (this.#pending.get(key) === value) this.#pending.delete(key);
        }
      }
      await task.commit?.();
    } catch (error) {
      measures.commitFailed();
      logger.error("Offsets could not be committed and will be tried again with the next commit", {
        error,
      });
    }
  }
}
