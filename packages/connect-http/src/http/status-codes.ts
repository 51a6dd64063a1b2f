/** Sets of HTTP status codes: `429`, `500-599`, `400-` and lists of these. */
export class StatusCodes {
  static readonly NONE = new StatusCodes([]);
  static readonly UNAUTHORIZED = new StatusCodes([[401, 401]]);
  readonly #ranges: readonly (readonly [from: number, to: number])[];

  private constructor(ranges: readonly (readonly [number, number])[]) {
    this.#ranges = ranges;
  }

  /** @returns what is wrong with the list, or the set */
  static parse(texts: readonly string[]): StatusCodes | string {
    const ranges: [number, number][] = [];
    for (const text of texts) {
      const match = /^\s*(\d{3})\s*(?:(-|\.\.)\s*(\d{3})?)?\s*$/.exec(text);
      if (match === null) {
        return `${text} is neither a status code nor a range of them such as 500-599 or 400-`;
      }
      const from = Number(match[1]);
      const to = match[2] === undefined ? from : Number(match[3] ?? 599);
      if (to < from) return `the range ${text} is empty`;
      ranges.push([from, to]);
    }
    return new StatusCodes(ranges);
  }

  has(status: number): boolean {
    return this.#ranges.some(([from, to]) => status >= from && status <= to);
  }
}

/** True for an answer that says "not now". */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
