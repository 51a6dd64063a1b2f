import { TextDecoder } from "node:util";
import { isUtf8 } from "node:buffer";
import { type Lines, splitLines, wholeLinesLength } from "../../source/lines.ts";
import type { Piece } from "./units.ts";

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Their line ends are bytes among others, or what a byte means depends on those long before it. */
const UNSUPPORTED = new Set(["iso-2022-jp", "replacement", "x-user-defined"]);
const NO_LINES: Lines = { texts: [], start: 0, ends: [] };

/** An encoding, as far as finding and reading lines goes. */
export interface Characters {
  /** The lines that have ended; without their ends. A mark at the start of the file is left out. */
  lines(piece: Piece): Lines;
  text(bytes: Buffer): string;
  isValid(bytes: Buffer): boolean;
  /** Where the first line ends; -1 when it does not. */
  lineEnd(piece: Piece): number;
}

/** Encodings by the names of the WHATWG. */
export const characters = {
  /** @returns why there is no such encoding, or undefined */
  refusal(label: string): string | undefined {
    try {
      const { encoding } = new TextDecoder(label);
      return UNSUPPORTED.has(encoding) ? `Encoding ${encoding} is not supported` : undefined;
    } catch {
      return "There is no encoding of this name";
    }
  },

  of(label: string): Characters {
    const { encoding } = new TextDecoder(label);
    if (encoding === "utf-8") return UTF8;
    if (encoding === "utf-16le") return new Utf16(encoding, 0);
    return encoding === "utf-16be" ? new Utf16(encoding, 1) : new Bytewise(encoding);
  },
};

/** The fast one: a block becomes one string, whose slices are the lines. */
const UTF8: Characters = {
  lines({ bytes, at, isLast }) {
    const marked = at === 0 && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
    const whole = wholeLinesLength(bytes);
    const lines =
      whole > marked ? splitLines(bytes.subarray(marked, whole), at + marked) : NO_LINES;
    return isLast ? withRest(lines, bytes, at, Math.max(whole, marked), UTF8, CR) : lines;
  },
  text: (bytes) => bytes.toString("utf8"),
  isValid: isUtf8,
  lineEnd: bytewiseLineEnd,
};

/** Encodings in which the bytes of line ends are nothing else. */
class Bytewise implements Characters {
  readonly #decoder: TextDecoder;
  readonly #strict: TextDecoder;

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
    this.#strict = new TextDecoder(encoding, { fatal: true });
  }

  lines({ bytes, at, isLast }: Piece): Lines {
    const texts: string[] = [];
    const ends: number[] = [];
    const whole = wholeLinesLength(bytes);
    for (let from = 0; from < whole;) {
      const next = nextLine(bytes, from, whole);
      texts.push(this.text(bytes.subarray(from, next.end)));
      ends.push(at + next.after);
      from = next.after;
    }
    const lines = { texts, start: at, ends };
    return isLast ? withRest(lines, bytes, at, whole, this, CR) : lines;
  }

  text(bytes: Buffer): string {
    return this.#decoder.decode(bytes);
  }

  isValid(bytes: Buffer): boolean {
    return decodes(this.#strict, bytes);
  }

  lineEnd(piece: Piece): number {
    return bytewiseLineEnd(piece);
  }
}

class Utf16 implements Characters {
  readonly #decoder: TextDecoder;
  readonly #strict: TextDecoder;
  /** Which byte of a unit is the lower one. */
  readonly #low: 0 | 1;

  constructor(encoding: string, low: 0 | 1) {
    this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
    this.#strict = new TextDecoder(encoding, { fatal: true });
    this.#low = low;
  }

  lines({ bytes, at, isLast }: Piece): Lines {
    const marked = at === 0 && bytes[this.#low] === 0xff && bytes[1 - this.#low] === 0xfe ? 2 : 0;
    const texts: string[] = [];
    const ends: number[] = [];
    let from = marked;
    for (let end = this.#find(bytes, from); end !== -1; end = this.#find(bytes, from)) {
      const unit = this.#unit(bytes, end);
      // It may be half of a line end until the next one is known.
      if (unit === CR && end + 4 > bytes.length && !isLast) break;
      const after = unit === CR && this.#unit(bytes, end + 2) === LF ? end + 4 : end + 2;
      texts.push(this.text(bytes.subarray(from, end)));
      ends.push(at + after);
      from = after;
    }
    const lines = { texts, start: at, ends };
    return isLast ? withRest(lines, bytes, at, from, this, -1) : lines;
  }

  text(bytes: Buffer): string {
    return this.#decoder.decode(bytes);
  }

  isValid(bytes: Buffer): boolean {
    return decodes(this.#strict, bytes);
  }

  lineEnd({ bytes, at, isLast }: Piece): number {
    const end = this.#find(bytes, 0);
    if (end === -1) return isLast ? at + bytes.length : -1;
    if (this.#unit(bytes, end) !== CR) return at + end + 2;
    if (end + 4 > bytes.length) return isLast ? at + bytes.length : -1;
    return at + end + (this.#unit(bytes, end + 2) === LF ? 4 : 2);
  }

  #find(bytes: Buffer, from: number): number {
    for (let at = from; at + 1 < bytes.length; at += 2) {
      const unit = this.#unit(bytes, at);
      if (unit === LF || unit === CR) return at;
    }
    return -1;
  }

  #unit(bytes: Buffer, at: number): number {
    return bytes[at + this.#low]! | (bytes[at + 1 - this.#low]! << 8);
  }
}

/** The lines, and what is behind them as one more. */
function withRest(
  lines: Lines,
  bytes: Buffer,
  at: number,
  from: number,
  characters: Characters,
  lineEnd: number,
): Lines {
  if (from >= bytes.length) return lines;
  const to = bytes.at(-1) === lineEnd ? bytes.length - 1 : bytes.length;
  return {
    texts: [...lines.texts, characters.text(bytes.subarray(from, to))],
    start: at,
    ends: [...lines.ends, at + bytes.length],
  };
}

function bytewiseLineEnd({ bytes, at, isLast }: Piece): number {
  const { after, isKnown } = nextLine(bytes, 0, bytes.length);
  return isKnown || isLast ? at + after : -1;
}

function nextLine(bytes: Buffer, from: number, to: number) {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf === -1 ? to : lf).indexOf(CR) + from;
  if (cr < from) return lf === -1 ? noLineEnd(to) : { end: lf, after: lf + 1, isKnown: true };
  if (cr + 1 === lf) return { end: cr, after: lf + 1, isKnown: true };
  return { end: cr, after: cr + 1, isKnown: cr + 1 < to };
}

const noLineEnd = (to: number) => ({ end: to, after: to, isKnown: false });

function decodes(strict: TextDecoder, bytes: Buffer): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
