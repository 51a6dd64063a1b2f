import type { SampleWindows } from "./sample-windows.ts";

interface Sample {
  readonly startMs: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** Statistics of what was recorded lately (Java: `SampledStat`), for what tasks do not measure themselves. */
export class SampledStat {
  readonly #windows: SampleWindows;
  readonly #now: () => number;
  #samples: Sample[] = [];

  /** @param now milliseconds */
  constructor(windows: SampleWindows, now: () => number = Date.now) {
    this.#windows = windows;
    this.#now = now;
  }

  record(value: number): void {
    const sample = this.#current();
    sample.count++;
    sample.sum += value;
    if (value < sample.min) sample.min = value;
    if (value > sample.max) sample.max = value;
  }

  /** Undefined when nothing was recorded lately; as are the extremes. */
  get average(): number | undefined {
    const count = this.#sum("count");
    return count === 0 ? undefined : this.#sum("sum") / count;
  }

  get min(): number | undefined {
    const samples = this.#recent();
    return samples.length === 0 ? undefined : Math.min(...samples.map(({ min }) => min));
  }

  get max(): number | undefined {
    const samples = this.#recent();
    return samples.length === 0 ? undefined : Math.max(...samples.map(({ max }) => max));
  }

  /** The sum per second. */
  get rate(): number {
    return this.#perSecond(this.#sum("sum"));
  }

  /** How often per second. */
  get frequency(): number {
    return this.#perSecond(this.#sum("count"));
  }

  #current(): Sample {
    const { windowMs, samples } = this.#windows;
    const startMs = this.#now();
    const last = this.#samples.at(-1);
    if (last !== undefined && startMs - last.startMs < windowMs) return last;
    const sample = { startMs, count: 0, sum: 0, min: Infinity, max: -Infinity };
    this.#samples = [...this.#samples, sample].slice(-samples);
    return sample;
  }

  #recent(): readonly Sample[] {
    const { windowMs, samples } = this.#windows;
    const oldestMs = this.#now() - windowMs * samples;
    return this.#samples.filter(({ startMs }) => startMs > oldestMs);
  }

  #sum(part: "count" | "sum"): number {
    return this.#recent().reduce((sum, sample) => sum + sample[part], 0);
  }

  /** All but one of the windows count in full, so that what has just begun does not jump. */
  #perSecond(total: number): number {
    const { windowMs, samples } = this.#windows;
    const elapsedMs = this.#now() - (this.#recent()[0]?.startMs ?? this.#now());
    return (total * 1000) / Math.max(elapsedMs, windowMs * Math.max(1, samples - 1));
  }
}
