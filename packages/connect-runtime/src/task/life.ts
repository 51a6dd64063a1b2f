import type { TargetState } from "../threads/units.ts";

/**
 * What the outside wants of a running task: go on, pause, stop, be cancelled. The loops
 * look at it between steps and hand `callSignal()` to what may block.
 */
export class TaskLife {
  #paused: boolean;
  #failure: unknown;
  #failed = false;
  readonly #stopping = new AbortController();
  readonly #cancelled = new AbortController();
  #call: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(initialState: TargetState) {
    this.#paused = initialState !== "STARTED";
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Aborted when the task is to end: finish what is under way, commit, close. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted when its grace time is over: commit nothing more (Java: `WorkerTask.cancel`). */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  get failed(): boolean {
    return this.#failed;
  }

  setTargetState(state: TargetState): void {
    this.#paused = state !== "STARTED";
    this.#interrupt("the task is to change its state");
  }

  stop(): void {
    this.#stopping.abort();
    this.#interrupt("the task is to stop");
  }

  cancel(): void {
    this.stop();
    this.#cancelled.abort();
  }

  /** A background job of the task failed: the loop sees it at its next step. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = error;
    this.#interrupt("the task failed");
  }

  /** @throws what `fail` was given */
  throwIfFailed(): void {
    if (this.#failed) throw this.#failure;
  }

  /**
   * A signal for one call into the plugin or the Kafka client, aborted when the task is
   * to pause, stop or fail. Each call gets its own, so that listeners a plugin forgets to
   * remove cannot pile up.
   */
  callSignal(): AbortSignal {
    this.#call = new AbortController();
    if (this.stopping.aborted || this.#failed) this.#call.abort();
    return this.#call.signal;
  }

  /** Resolves when the target state changes, or the task stops or fails. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopping.aborted || this.#failed) resolve();
      else this.#wake = resolve;
    });
  }

  #interrupt(reason: string): void {
    this.#call?.abort(new DOMException(reason, "AbortError"));
    this.#wake?.();
    this.#wake = undefined;
  }
}
