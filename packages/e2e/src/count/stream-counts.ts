import { AscendingRuns, type RunReport } from "../ascending-runs.ts";

/** The text of one record: it can be found in a file even where a kill has cut the one before. */
export function recordText(stream: string, number: number): string {
  return `@${stream}:${number};`;
}

/** How one stream has arrived at one place. */
export interface StreamReport extends RunReport {
  readonly stream: string;
  readonly expected: number;
  /** Up to ten numbers that should be there and are not. */
  readonly missing: readonly number[];
}

/**
 * Counts the records of several streams, each numbered from 1, at one place they go
 * through: a topic, a file. Text comes in pieces that may end anywhere.
 */
export class StreamCounts {
  readonly #streams = new Map<string, AscendingRuns>();
  #rest = "";

  addText(text: string): void {
    const all = this.#rest + text;
    for (const [, stream, number] of all.matchAll(/@([\w-]+):(\d+);/g)) {
      this.#stream(stream!).add(Number(number));
    }
    this.#rest = all.slice(Math.max(all.lastIndexOf(";") + 1, all.lastIndexOf("\n") + 1));
  }

  /** Whether all numbers of these streams are there; quick, for asking often. */
  complete(expected: ReadonlyMap<string, number>): boolean {
    return [...expected].every(([stream, last]) => this.#stream(stream).distinct >= last);
  }

  /** Distinct records of all streams. */
  get distinct(): number {
    return [...this.#streams.values()].reduce((sum, { distinct }) => sum + distinct, 0);
  }

  /** @param expected the last number of each stream */
  report(expected: ReadonlyMap<string, number>): StreamReport[] {
    return [...expected].map(([stream, last]) => {
      const runs = this.#stream(stream);
      const missing: number[] = [];
      for (let number = 1; number <= last && missing.length < 10; number++) {
        if (!runs.has(number)) missing.push(number);
      }
      return { stream, expected: last, ...runs.report(), missing };
    });
  }

  #stream(name: string): AscendingRuns {
    const runs = this.#streams.get(name) ?? new AscendingRuns();
    this.#streams.set(name, runs);
    return runs;
  }
}

/**
 * What is wrong with how streams have arrived: records that are missing, that came only
 * after later ones, or that nobody has sent. Empty when nothing is.
 */
export function losses(place: string, reports: readonly StreamReport[]): string[] {
  return reports.flatMap(({ stream, expected, distinct, missing, gaps }) => {
    const what = `${place}, stream ${stream}:`;
    if (missing.length > 0) {
      return [`${what} ${expected - distinct} of ${expected} are missing, first ${missing.join()}`];
    }
    if (distinct > expected) return [`${what} ${distinct} arrived and only ${expected} were sent`];
    return gaps.length > 0 ? [`${what} jumps forward to ${gaps.slice(0, 10).join()}`] : [];
  });
}
