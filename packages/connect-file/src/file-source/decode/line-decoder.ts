import { type Schema, STRING_SCHEMA } from "@millrace/connect-api";
import type { Characters } from "./characters.ts";
import { type Decoder, InvalidUnit, type Piece, type Units } from "./units.ts";

/** Each line is a value. */
export class LineDecoder implements Decoder {
  readonly schema: Schema | null = STRING_SCHEMA;
  readonly #characters: Characters;
  readonly #refusesInvalid: boolean;

  constructor(characters: Characters, refusesInvalid: boolean) {
    this.#characters = characters;
    this.#refusesInvalid = refusesInvalid;
  }

  decode(piece: Piece): Units {
    const { texts, start, ends } = this.#characters.lines(piece);
    if (!this.#refusesInvalid || texts.length === 0) return { values: texts, ends };
    return { values: checked(this.#characters, piece, texts, start, ends), ends };
  }

  /** The last character may have been cut in two. */
  truncated(bytes: Buffer): string {
    return this.#characters.text(bytes).replace(/\uFFFD$/, "");
  }

  endOfTooLong(piece: Piece): number {
    return this.#characters.lineEnd(piece);
  }
}

/** Values of the lines, those that are not of the encoding as what is invalid. */
export function checked(
  characters: Characters,
  { bytes, at }: Piece,
  values: readonly unknown[],
  start: number,
  ends: readonly number[],
): readonly unknown[] {
  if (characters.isValid(bytes.subarray(0, ends.at(-1)! - at))) return values;
  return values.map((value, i) => {
    const unit = bytes.subarray((ends[i - 1] ?? start) - at, ends[i]! - at);
    if (characters.isValid(unit)) return value;
    return new InvalidUnit("It has bytes that are not of the file's encoding", Buffer.from(unit));
  });
}
