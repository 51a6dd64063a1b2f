import { spreadOf } from "../report/spread.ts";

/** The median of the last third of the samples, divided by that of the first third. */
export function growth(samples: readonly number[]): number {
  const third = Math.max(1, Math.floor(samples.length / 3));
  return spreadOf(samples.slice(-third)).median / spreadOf(samples.slice(0, third)).median;
}
