import { SampledStat } from "./sampled-stat.ts";
import type { SampleWindows } from "./sample-windows.ts";

/** How this worker's membership in its group goes. */
export class RebalanceMeasures {
  readonly durationsMs: SampledStat;
  readonly heartbeatsMs: SampledStat;
  readonly #now: () => number;
  #begunMs: number | undefined;
  #lastMs: number | undefined;
  #heardMs: number | undefined;
  #completed = 0;
  #failed = 0;
  #heartbeats = 0;

  /** @param now milliseconds */
  constructor(windows: SampleWindows, now: () => number = Date.now) {
    this.durationsMs = new SampledStat(windows, now);
    this.heartbeatsMs = new SampledStat(windows, now);
    this.#now = now;
  }

  begun(): void {
    this.#begunMs ??= this.#now();
  }

  /** This worker has its work. */
  finished(): void {
    const nowMs = this.#now();
    this.#completed++;
    if (this.#begunMs !== undefined) this.durationsMs.record(nowMs - this.#begunMs);
    this.#begunMs = undefined;
    this.#lastMs = nowMs;
  }

  /** There was nothing to be done. */
  unneeded(): void {
    this.#begunMs = undefined;
  }

  /** It is to be tried again. */
  failedOnce(): void {
    this.#failed++;
  }

  heartbeat(durationMs: number): void {
    this.#heartbeats++;
    this.heartbeatsMs.record(durationMs);
    this.#heardMs = this.#now();
  }

  get completed(): number {
    return this.#completed;
  }

  get failed(): number {
    return this.#failed;
  }

  get heartbeats(): number {
    return this.#heartbeats;
  }

  get underWay(): boolean {
    return this.#begunMs !== undefined;
  }

  /** Milliseconds since the last one was completed; undefined before the first. */
  get sinceLastMs(): number | undefined {
    return this.#lastMs === undefined ? undefined : this.#now() - this.#lastMs;
  }

  /** Milliseconds since a heartbeat was answered; undefined before the first. */
  get sinceHeartbeatMs(): number | undefined {
    return this.#heardMs === undefined ? undefined : this.#now() - this.#heardMs;
  }
}
