/** How much of a key may differ before the two have nothing to do with each other. */
const TOLERATED_SHARE = 0.3;

/**
 * The word that somebody may have meant: the one that the fewest typing mistakes lie between,
 * upper and lower case being the same.
 * @returns undefined when none is near
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length * TOLERATED_SHARE));
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > least) continue;
    const mistakes = distance(word.toLowerCase(), candidate.toLowerCase());
    if (mistakes < least || (mistakes === least && best === undefined)) {
      best = candidate;
      least = mistakes;
    }
  }
  return best;
}

/**
 * How many letters have to be put in, taken out, replaced, or swapped with their neighbour, to make
 * one word of the other (optimal string alignment). Takes time in proportion to the product of
 * their lengths.
 */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
