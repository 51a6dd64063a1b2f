const DELIMITER_OR_BACKSLASH = /[:,{}[\]"\\]/g;

/** Java's `String.trim`: takes away control characters too, but no other blanks of Unicode. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

/**
 * Cuts text into words and delimiters (`: , { } [ ] "`) for `parseString`. A backslash
 * takes the meaning from the delimiter behind it and stays in the word.
 */
export class ValueTokens {
  readonly text: string;
  /** Where the next unread character is; a token that was looked at counts as read. */
  #position = 0;
  #lookedAt: string | null = null;
  #previous: string | null = null;

  constructor(text: string) {
    this.text = text;
  }

  /** The token that `next` gave last. */
  get previous(): string | null {
    return this.#previous;
  }

  hasNext(): boolean {
    return this.#lookedAt !== null || this.#position < this.text.length;
  }

  next(): string {
    this.#previous = this.#lookedAt ?? this.#read();
    this.#lookedAt = null;
    return this.#previous;
  }

  /** The text of the next `count` tokens, or null, and nothing taken, when there are fewer. */
  nextAll(count: number): string | null {
    const start = this.mark();
    for (let i = 0; i < count; i++) {
      if (!this.hasNext()) {
        this.rewindTo(start);
        return null;
      }
      this.next();
    }
    return this.text.slice(start, this.#position);
  }

  /** Takes the next token if it is the expected one; blanks before and around it do not count. */
  canConsume(expected: string): boolean {
    if (this.#lookedAt === null) {
      if (!this.hasNext()) return false;
      this.#lookedAt = this.#read();
    }
    while (javaTrim(this.#lookedAt) === "" && this.#position < this.text.length) {
      this.#lookedAt = this.#read();
    }
    if (javaTrim(this.#lookedAt) !== expected) return false;
    this.#lookedAt = null;
    return true;
  }

  mark(): number {
    return this.#position - (this.#lookedAt?.length ?? 0);
  }

  rewindTo(mark: number): void {
    this.#position = mark;
    this.#lookedAt = null;
    this.#previous = null;
  }

  #read(): string {
    const start = this.#position;
    let end = start;
    for (;;) {
      DELIMITER_OR_BACKSLASH.lastIndex = end;
      const found = DELIMITER_OR_BACKSLASH.exec(this.text);
      end = found?.index ?? this.text.length;
      if (found?.[0] !== "\\") break;
      end += 2;
    }
    // A delimiter is a token of its own.
    this.#position = Math.min(end === start ? start + 1 : end, this.text.length);
    return this.text.slice(start, this.#position);
  }
}
