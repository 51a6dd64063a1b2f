import { isPromise, type MaybePromise } from "@millrace/connect-api";
import type { RecordOrigin } from "../errors/failed-record.ts";
import type { Stage } from "../errors/stage.ts";
import type { GivenUp, Tolerance } from "../errors/tolerance.ts";
import { UntolerableError } from "../errors/untolerable.ts";

/** Who is told of a step that failed. */
export type Failures = Pick<Tolerance, "retry" | "giveUp">;

/**
 * Takes one record at a time through a fixed row of steps. Runs synchronously and makes no
 * promise unless a step returns one or throws: then the record goes on, alone, from the
 * step it was at, which is repeated where that may help. The record under way lives in the
 * fields of the subclass, so that none needs an object of its own.
 */
export abstract class RecordSteps<Outcome> {
  readonly #stages: readonly Stage[];
  readonly #tolerance: Failures;

  constructor(stages: readonly Stage[], tolerance: Failures) {
    this.#stages = stages;
    this.#tolerance = tolerance;
  }

  protected abstract run(step: number): MaybePromise<unknown>;
  /** The step that failed, again. */
  protected abstract repeat(step: number): MaybePromise<unknown>;
  /** Keeps what a step gave. @returns false when the record is dropped */
  protected abstract take(step: number, result: unknown): boolean;
  /** After the last step. */
  protected abstract finish(): Outcome;
  /** The record as it came. Made when it has failed, and used after the next is under way. */
  protected abstract origin(): RecordOrigin;
  /** Class of who is at work in a step, by its Java name. */
  protected abstract className(step: number): string;

  /**
   * Await the result, where it is a promise, before the next record.
   * @throws {ConnectError} (or rejects) when the record fails and errors are not tolerated
   * @throws {Interrupted} (or rejects) when the task is to stop meanwhile
   */
  protected advance(from: number): MaybePromise<Outcome | "filtered" | GivenUp> {
    let step = from;
    try {
      for (; step < this.#stages.length; step++) {
        const result = this.run(step);
        if (isPromise(result)) return this.#resume(step, result);
        if (!this.take(step, result)) return "filtered";
      }
      return this.finish();
    } catch (error) {
      return this.#resume(step, Promise.reject(error));
    }
  }

  /** Waits for a step, repeats it where that may help, and goes on after it. */
  async #resume(step: number, result: Promise<unknown>): Promise<Outcome | "filtered" | GivenUp> {
    let taken: unknown;
    try {
      taken = await result;
    } catch (error) {
      try {
        taken = await this.#tolerance.retry(() => this.repeat(step), error);
      } catch (lastError) {
        if (lastError instanceof UntolerableError) throw lastError;
        return this.#tolerance.giveUp({
          stage: this.#stages[step]!,
          error: lastError,
          origin: this.origin(),
          className: this.className(step),
        });
      }
    }
    return this.take(step, taken) ? this.advance(step + 1) : "filtered";
  }
}
