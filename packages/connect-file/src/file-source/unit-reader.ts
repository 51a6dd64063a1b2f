import type { Config } from "./config.ts";
import { type Decoder, InvalidUnit, NO_UNITS, type Piece, type Units } from "./decode/units.ts";
import { CHUNK_BYTES, type FileReader, type Window } from "./file-reader.ts";
import { fingerprintOf, FULL_BYTES, guardAt, isFull } from "./fingerprint.ts";
import { tooLong } from "./records.ts";
import type { TrackedFile } from "./tracked-file.ts";

/** Makes units of what was read of a file, and leaves those behind that are too long. */
export class UnitReader {
  readonly #maxBytes: number;
  readonly #truncates: boolean;
  readonly #reader: FileReader;
  readonly #decoder: Decoder;

  constructor(config: Config, reader: FileReader, decoder: Decoder) {
    this.#maxBytes = config["max.record.bytes"];
    this.#truncates = config["record.too.long"] === "truncate";
    this.#reader = reader;
    this.#decoder = decoder;
  }

  /** The units of a window, none where the first of them has not ended; the file goes on behind them. */
  async read(
    file: TrackedFile,
    window: Window,
    ended: Pick<Piece, "isLast" | "isQuiet">,
  ): Promise<Units> {
    const { bytes, from } = window;
    const { position } = file;
    const piece = { bytes: bytes.subarray(position - from), at: position, ...ended };
    if (piece.bytes.length === 0) return NO_UNITS;
    if (file.tooLong !== null) return this.#skipTooLong(file, piece, window);
    const layout = await this.#layoutOf(file, window, ended.isLast);
    const units = layout === null ? NO_UNITS : this.#decoder.decode(piece, layout ?? null);
    const end = units.ends.at(-1);
    if (end !== undefined) this.#advance(file, end, window);
    else if (piece.bytes.length > this.#maxBytes) {
      file.tooLong = { start: position, head: this.#headOf(piece.bytes) };
      return this.#skipTooLong(file, piece, window);
    } else if (!window.isEnd) {
      const most = this.#maxBytes + CHUNK_BYTES;
      file.want = Math.min(Math.max(file.want, CHUNK_BYTES) * 4, most);
    }
    if (end !== undefined) file.want = 0;
    return units;
  }

  /** Undefined where the decoder needs none; null while the file is too short to tell. */
  async #layoutOf(file: TrackedFile, window: Window, isLast: boolean) {
    if (this.#decoder.layout === undefined) return undefined;
    if (file.layout !== null) return file.layout;
    const head = window.from === 0 ? window.bytes : await this.#reader.head(file, this.#maxBytes);
    if (typeof head === "string") return null;
    file.layout = this.#decoder.layout({ bytes: head, at: 0, isLast });
    return file.layout;
  }

  /** Reads over a unit that is too long until its line ends. */
  #skipTooLong(file: TrackedFile, piece: Piece, window: Window): Units {
    const { start, head } = file.tooLong!;
    const end = this.#decoder.endOfTooLong(piece);
    if (end === -1) {
      // The last bytes may be half of a line end, or of a character.
      const skipped = piece.at + piece.bytes.length - 4;
      if (skipped > piece.at) this.#advance(file, skipped - (skipped % 2), window);
      return NO_UNITS;
    }
    file.tooLong = null;
    this.#advance(file, end, window);
    // What is behind it was not looked at.
    file.seenSize = -1;
    const reason = tooLong(this.#maxBytes);
    const value =
      this.#truncates && this.#decoder.truncated !== undefined
        ? this.#decoder.truncated(head)
        : new InvalidUnit(reason, head.subarray(0, end - start));
    return { values: [value], ends: [end] };
  }

  #headOf(bytes: Buffer): Buffer {
    return Buffer.from(bytes.subarray(0, this.#maxBytes));
  }

  #advance(file: TrackedFile, end: number, { bytes, from }: Window): void {
    file.position = end;
    const before = bytes.subarray(0, end - from);
    file.guard = guardAt(end, before);
    if (!isFull(file.fingerprint) && from === 0) {
      file.fingerprint = fingerprintOf(before, Math.min(end, FULL_BYTES));
    }
  }
}
