import { randomBytes } from "node:crypto";

/** Something that happened, with the name that clients go on from. */
export interface Numbered<T> {
  readonly id: string;
  readonly item: T;
}

export interface Kept<T> {
  readonly items: readonly Numbered<T>[];
  /** False: something after the given name is not kept any more, or was never seen here. */
  readonly complete: boolean;
}

/**
 * The last things that happened, in their order, and news of what happens next. What is too old is
 * forgotten; who asks for it is told so.
 */
export class Feed<T> {
  readonly #capacity: number;
  /** Names of another worker, or of another run of this one, are none of ours. */
  readonly #run = randomBytes(4).toString("hex");
  #items: Numbered<T>[] = [];
  #next = 1;
  readonly #listeners = new Set<(item: Numbered<T>) => void>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  /** How many want to hear of what comes next. */
  get listeners(): number {
    return this.#listeners.size;
  }

  append(item: T): void {
    const numbered = { id: `${this.#run}-${this.#next++}`, item };
    this.#items.push(numbered);
    if (this.#items.length > this.#capacity) this.dropFirst();
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Forgets the oldest. */
  dropFirst(): T | undefined {
    return this.#items.shift()?.item;
  }

  /**
   * What is kept of what came after an item; all that is kept, where none is given.
   * @param id of the item, as this feed or another gave it
   */
  after(id?: string): Kept<T> {
    if (id === undefined)
      return { items: this.#items, complete: this.#items.length === this.#next - 1 };
    const number = this.#numberOf(id);
    if (number === undefined) return { items: this.#items, complete: false };
    const first = this.#next - this.#items.length;
    const skipped = Math.max(0, number + 1 - first);
    return { items: this.#items.slice(skipped), complete: number + 1 >= first };
  }

  /** @returns ends it */
  subscribe(listener: (item: Numbered<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Undefined for a name that was not given here. */
  #numberOf(id: string): number | undefined {
    const [, run, digits] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return run === this.#run && number < this.#next ? number : undefined;
  }
}
