/** Counts the rows of a result against how many were asked for: a full page is followed by another. */
export class Pages {
  readonly #size: number;
  #rows = 0;
  #wasFull = false;

  /** @param size rows to ask for at a time; 0 for all there are */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether the page that ended last was full. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  /** Begins a page; returns the limit to ask with. */
  begin(): number | undefined {
    this.#rows = 0;
    this.#wasFull = false;
    return this.#size === 0 ? undefined : this.#size;
  }

  count(rows: number): void {
    this.#rows += rows;
  }

  end(): void {
    this.#wasFull = this.#size > 0 && this.#rows >= this.#size;
  }
}
