import type { Verdict } from "./judge.ts";

/** What became of all cases that a worker was asked. */
export interface Comparison {
  readonly verdicts: readonly Verdict[];
  /** Answers of ours that are not as the worker's own OpenAPI document tells, by their cases. */
  readonly undocumented: readonly string[];
}

const LONGEST = 300;
const MOST = 8;

/** What was found, for people: the cases that need a look, then the sum. */
export function printed({ verdicts, undocumented }: Comparison): string {
  const wrong = verdicts.filter(isWrong);
  const lines = wrong.flatMap(({ name, different, stale }) => [
    name,
    ...different
      .slice(0, MOST)
      .map(({ at, theirs, ours }) => `  ${at}: Java ${short(theirs)}, ours ${short(ours)}`),
    ...stale.map((place) => `  ${place}: does not differ any more, take it off the list`),
  ]);
  const deliberate = verdicts.filter((verdict) => verdict.deliberate).length;
  const equal = verdicts.length - deliberate - verdicts.filter(isOdd).length;
  const compared = verdicts.length - deliberate;
  const share = ((100 * equal) / Math.max(1, compared)).toFixed(1);
  return [
    ...lines,
    ...undocumented.map((answer) => `Not as the OpenAPI document tells: ${cut(answer)}`),
    `${equal} of ${compared} cases equal (${share} %), and ${deliberate} with a deliberate difference`,
  ].join("\n");
}

function isOdd({ different, deliberate }: Verdict): boolean {
  return different.length > 0 && !deliberate;
}

/** True when something differs without being meant to, or is said to and does not. */
export function isWrong({ different, stale }: Verdict): boolean {
  return different.length > 0 || stale.length > 0;
}

/** True when all cases are as they are meant to be, and as they are told of. */
export function isWell({ verdicts, undocumented }: Comparison): boolean {
  return undocumented.length === 0 && !verdicts.some(isWrong);
}

function short(value: unknown): string {
  return cut(value === undefined ? "nothing" : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
