/** Reads a text piece by piece; what does not fit is undefined. */
export class TextReader {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.#text.length;
  }

  /** Java passes over blanks in front of each field. @returns false when nothing follows */
  skipBlanks(): boolean {
    while (this.#text[this.position] === " " || this.#text[this.position] === "\t") this.position++;
    return !this.atEnd;
  }

  /** True, and behind it, if the text goes on with this. */
  take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.position)) return false;
    this.position += expected.length;
    return true;
  }

  /** Index of the longest of the names that the text goes on with, in any case. */
  takeName(names: readonly string[]): number | undefined {
    let found: number | undefined;
    names.forEach((name, i) => {
      const here = this.#text.slice(this.position, this.position + name.length);
      const isLonger = found === undefined || name.length > names[found]!.length;
      if (isLonger && here.toLowerCase() === name.toLowerCase()) found = i;
    });
    if (found !== undefined) this.position += names[found]!.length;
    return found;
  }

  /**
   * A whole number, which may be negative.
   * @param end where it ends at the latest, if given; the text must go that far
   */
  takeNumber(end?: number): { value: number; digits: number } | undefined {
    if (end !== undefined && end > this.#text.length) return undefined;
    const found = /^-?\d+/.exec(this.#text.slice(this.position, end))?.[0];
    if (found === undefined) return undefined;
    this.position += found.length;
    return { value: Number(found), digits: found.startsWith("-") ? 0 : found.length };
  }

  /** Two digits. */
  takeTwoDigits(): number | undefined {
    const found = /^\d\d/.exec(this.#text.slice(this.position, this.position + 2))?.[0];
    if (found === undefined) return undefined;
    this.position += 2;
    return Number(found);
  }
}
