const CHUNK_BYTES = 256 * 1024;
/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const MAX_BYTES_PER_UNIT = 3;

/** Where a text was written: `chunk.subarray(start, end)`. */
export interface Lines {
  readonly chunk: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * Keeps texts that wait to be sent as UTF-8, one after the other in large chunks. As
 * strings they would be many small objects each, which the garbage collector copies about
 * while requests are under way: it took as long as all the rest. A chunk is freed when no
 * operation refers to it any more.
 */
export class LineBuffer {
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #end = 0;

  write(text: string): Lines {
    if (this.#chunk.length - this.#end < text.length * MAX_BYTES_PER_UNIT) this.#makeRoom(text);
    const start = this.#end;
    this.#end += this.#chunk.write(text, start);
    return { chunk: this.#chunk, start, end: this.#end };
  }

  #makeRoom(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#chunk.length - this.#end >= bytes) return;
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.#end = 0;
  }
}
