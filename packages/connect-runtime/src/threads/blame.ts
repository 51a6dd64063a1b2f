/** What became known of the one who broke a thread. */
export interface Culprit {
  /** Undefined: nobody knows. A number that runs nothing any more: what it left behind did it. */
  readonly unit: number | undefined;
}

export interface Verdict<U> {
  /** Fails. */
  readonly guilty: U | undefined;
  /** Run on in shared threads. */
  readonly innocent: readonly U[];
  /** Each goes on in a thread of its own, where the guilty one will be alone. */
  readonly suspects: readonly U[];
}

/**
 * Judges the units whose thread broke.
 * @param units those that were running
 * @param leftovers whether code of units that were given up was in the thread too
 */
export function blame<U extends { readonly id: number }>(
  units: readonly U[],
  culprit: Culprit,
  leftovers: boolean,
): Verdict<U> {
  const [only] = units;
  if (culprit.unit !== undefined) {
    const guilty = units.find(({ id }) => id === culprit.unit);
    return { guilty, innocent: units.filter((unit) => unit !== guilty), suspects: [] };
  }
  if (units.length === 1 && !leftovers) return { guilty: only, innocent: [], suspects: [] };
  return { guilty: undefined, innocent: [], suspects: units };
}
