import { ConnectError, type MaybePromise } from "@millrace/connect-api";
import { withLimit } from "./limit.ts";

/** Something a worker does or has done, for people who wait for it (Java: `Stage`). */
export interface Stage {
  /** As in "The worker is currently …". */
  readonly description: string;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Undefined while it lasts. */
  readonly completedMs: number | undefined;
}

/**
 * What a herder is doing (Java: `TickThreadStage`): it does one thing after the other, so
 * whatever a request waits for too long is told by this.
 */
export class Stages {
  readonly #now: () => number;
  /** Those that last, a stage within another one behind it. */
  readonly #running: Stage[] = [];
  #last: Stage | undefined;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Does something as a stage, which ends with it however it ends. */
  async run<T>(description: string, work: () => MaybePromise<T>): Promise<T> {
    const stage = { description, startedMs: this.#now(), completedMs: undefined };
    this.#running.push(stage);
    try {
      return await work();
    } finally {
      this.#running.splice(this.#running.indexOf(stage), 1);
      this.#last = { ...stage, completedMs: this.#now() };
    }
  }

  /** What is being done, else what was done last; undefined when nothing was yet. */
  get current(): Stage | undefined {
    return this.#running.at(-1) ?? this.#last;
  }

  /** The current stage as a sentence; undefined when there is none. */
  summary(): string | undefined {
    return this.current && summarize(this.current);
  }

  /**
   * Waits for something that the herder does, but not for ever.
   * @throws {ConnectError} saying what the herder does instead when the time is over
   */
  async within<T>(promise: Promise<T>, ms: number): Promise<T> {
    return withLimit(promise, ms, () => {
      const summary = this.summary();
      return new ConnectError(summary ? `Request timed out. ${summary}` : "Request timed out");
    });
  }
}

/** In Java's words, which clients show as they are. */
export function summarize({ description, startedMs, completedMs }: Stage): string {
  const began = `${description}, which began at ${instant(startedMs)}`;
  return completedMs === undefined
    ? `The worker is currently ${began}.`
    : `The last operation the worker completed was ${began} and completed at ${instant(completedMs)}.`;
}

/** As Java writes an instant: without milliseconds where there are none. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
