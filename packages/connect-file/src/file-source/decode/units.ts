import type { Schema } from "@millrace/connect-api";

/** What became of a piece of a file. */
export interface Units {
  /** Records' values; an `InvalidUnit` where there is none, undefined where nothing is to become of it. */
  readonly values: readonly unknown[];
  /** For each, the number of bytes of the file up to its end. */
  readonly ends: readonly number[];
}

export const NO_UNITS: Units = { values: [], ends: [] };

/** A piece that cannot be decoded. */
export class InvalidUnit {
  readonly reason: string;
  readonly bytes: Buffer;

  constructor(reason: string, bytes: Buffer) {
    this.reason = reason;
    this.bytes = bytes;
  }
}

/** Bytes of a file that begin where a unit does. */
export interface Piece {
  readonly bytes: Buffer;
  /** Position of the first byte in the file. */
  readonly at: number;
  /** Nothing comes after them: what has not ended has now. */
  readonly isLast: boolean;
  /** Nothing came after them for a while: an event has ended, but not a line. */
  readonly isQuiet?: boolean;
}

/**
 * Cuts a file into units and decodes them. It keeps nothing from one piece to the next but what
 * `Layout` holds: what has not ended yet is given again, with what followed.
 */
export interface Decoder {
  /** Of the values that are no structs, which bring their own. */
  readonly schema: Schema | null;
  /**
   * What the beginning of a file says about the rest of it, such as the names of columns; null
   * while the beginning is too short. Asked once per file and run of the task.
   */
  layout?(head: Piece): Layout | null;
  decode(piece: Piece, layout: Layout | null): Units;
  /** The value of a unit that was cut off; absent where a part is no value. */
  truncated?(bytes: Buffer): unknown;
  /** Where to go on behind a unit that is too long, of which the bytes are some. -1 = not in them. */
  endOfTooLong(piece: Piece): number;
}

export type Layout = object;
