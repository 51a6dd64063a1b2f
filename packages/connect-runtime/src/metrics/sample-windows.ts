import type { Props } from "@millrace/connect-api";

/**
 * How long rates, averages and extremes look back (Java: `MetricConfig`): over some samples,
 * each of which covers a window of time.
 */
export interface SampleWindows {
  /** `metrics.sample.window.ms` */
  readonly windowMs: number;
  /** `metrics.num.samples` */
  readonly samples: number;
}

/** The keys' defaults. */
export const DEFAULT_WINDOWS: SampleWindows = { windowMs: 30_000, samples: 2 };

/** Of a worker's properties, which were checked when it started. */
export function sampleWindows(workerProps: Props): SampleWindows {
  const { windowMs, samples } = DEFAULT_WINDOWS;
  return {
    windowMs: Number(workerProps["metrics.sample.window.ms"] ?? windowMs),
    samples: Number(workerProps["metrics.num.samples"] ?? samples),
  };
}
