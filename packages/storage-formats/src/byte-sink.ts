/** Where the bytes of a file go, in order. */
export interface ByteSink {
  /** Takes bytes over: they are not changed any more. */
  write(bytes: Uint8Array): void;
}

/** Collects small writes into larger ones. */
export class BufferedSink implements ByteSink {
  readonly #target: ByteSink;
  readonly #size: number;
  #parts: Uint8Array[] = [];
  #held = 0;

  /** @param size from how many bytes on they are passed on */
  constructor(target: ByteSink, size: number) {
    this.#target = target;
    this.#size = size;
  }

  /** Bytes that were not passed on yet. */
  get held(): number {
    return this.#held;
  }

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#held += bytes.length;
    if (this.#held >= this.#size) this.flush();
  }

  flush(): void {
    if (this.#held === 0) return;
    const [first] = this.#parts;
    this.#target.write(this.#parts.length === 1 ? first! : Buffer.concat(this.#parts));
    this.#parts = [];
    this.#held = 0;
  }
}
