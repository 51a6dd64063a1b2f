import { ConnectError } from "@millrace/connect-api";
import { isLineEnd, type Lines, splitLines, wholeLinesLength } from "./lines.ts";

/** Bytes of a file, in a buffer whose part before `from` may be written over. */
export interface Chunk {
  readonly storage: Buffer;
  readonly from: number;
  readonly to: number;
}

/** JavaScript cannot hold a text of more than 512 MiB, and a record of this size no broker takes. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024;

const NEWLINE = Buffer.from("\n");
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Makes whole lines of chunks that end anywhere: within a line, a character, a `\r\n`. */
export class LineAssembler {
  readonly #name: string;
  readonly #maxLineBytes: number;
  /** Position of the first byte that is in no line yet. */
  #position: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param position where the first chunk begins in the file: at the start of a line */
  constructor(name: string, position: number, maxLineBytes: number = MAX_LINE_BYTES) {
    this.#name = name;
    this.#position = position;
    this.#maxLineBytes = maxLineBytes;
  }

  /** How many bytes wait for the end of their line. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Adds a chunk, which may be written over afterwards.
   * @returns the lines that are whole now, or null when there is none
   * @throws {ConnectError} when a line grows beyond the limit
   */
  push(chunk: Chunk): Lines | null {
    const bytes = this.#joined(chunk);
    if (bytes === null) return null;
    const length = wholeLinesLength(bytes);
    const whole = bytes.subarray(0, length);
    this.#hold(bytes.subarray(length));
    return length === 0 ? null : this.#split(whole);
  }

  /** The rest as a last line, when no more bytes can come; null when there is none. */
  finish(): Lines | null {
    if (this.#heldBytes === 0) return null;
    const rest = Buffer.concat(this.#held);
    const start = this.#position;
    const end = start + rest.length;
    const { texts } = this.#split(isLineEnd(rest.at(-1)) ? rest : Buffer.concat([rest, NEWLINE]));
    this.#position = end;
    this.#hold(rest.subarray(rest.length));
    return { texts, start, ends: [end] };
  }

  /** What is held and the chunk in one piece; null when the chunk brings no end to a long line. */
  #joined({ storage, from, to }: Chunk): Buffer | null {
    const chunk = storage.subarray(from, to);
    const [first] = this.#held;
    if (first === undefined) return chunk;
    if (this.#held.length === 1 && first.length <= from) {
      first.copy(storage, from - first.length);
      return storage.subarray(from - first.length, to);
    }
    const heldReturn = isLineEnd(this.#held.at(-1)?.at(-1));
    if (!heldReturn && wholeLinesLength(chunk) === 0) {
      // Joined only once, when its end has come: a long line costs no more per byte than a short one.
      this.#held.push(Buffer.from(chunk));
      this.#heldBytes += chunk.length;
      this.#checkLength();
      return null;
    }
    return Buffer.concat([...this.#held, chunk]);
  }

  #hold(rest: Buffer): void {
    this.#held = rest.length === 0 ? [] : [Buffer.from(rest)];
    this.#heldBytes = rest.length;
    this.#checkLength();
  }

  #split(whole: Buffer): Lines {
    const start = this.#position;
    this.#position += whole.length;
    const marked = start === 0 && whole.subarray(0, BOM.length).equals(BOM);
    return marked ? splitLines(whole.subarray(BOM.length), BOM.length) : splitLines(whole, start);
  }

  #checkLength(): void {
    if (this.#heldBytes <= this.#maxLineBytes) return;
    throw new ConnectError(
      `The line at byte ${this.#position} of ${this.#name} is longer than ${this.#maxLineBytes} bytes. ` +
        "Split it, or alter the connector's offset to a position after it.",
    );
  }
}
