import type { MicroResult } from "./measure.ts";

/** What `--json` writes and `--compare` reads. */
export interface MicroReport {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly results: readonly MicroResult[];
}

export interface Change {
  readonly name: string;
  readonly nsPerOp: number;
  /** How it was; undefined for one that is new. */
  readonly before: number | undefined;
  /** Now ÷ before. */
  readonly factor: number | undefined;
  readonly verdict: "slower" | "faster" | "same" | "new";
}

/** @param limit from which factor on a difference counts: 1.25 */
export function compareMicro(
  before: readonly MicroResult[],
  now: readonly MicroResult[],
  limit: number,
): Change[] {
  const earlier = new Map(before.map(({ name, nsPerOp }) => [name, nsPerOp]));
  return now.map(({ name, nsPerOp }) => {
    const was = earlier.get(name);
    if (was === undefined)
      return { name, nsPerOp, before: was, factor: undefined, verdict: "new" as const };
    const factor = nsPerOp / was;
    const verdict = factor > limit ? "slower" : factor < 1 / limit ? "faster" : "same";
    return { name, nsPerOp, before: was, factor, verdict };
  });
}
