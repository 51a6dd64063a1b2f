import type { Characters } from "./characters.ts";
import { jsonValue } from "./json-value.ts";
import { checked } from "./line-decoder.ts";
import { type Decoder, InvalidUnit, type Piece, type Units } from "./units.ts";

/** Each line is a JSON text, whose value has no schema; blank lines are nothing. */
export class NdjsonDecoder implements Decoder {
  readonly schema = null;
  readonly #characters: Characters;
  readonly #refusesInvalid: boolean;

  constructor(characters: Characters, refusesInvalid: boolean) {
    this.#characters = characters;
    this.#refusesInvalid = refusesInvalid;
  }

  decode(piece: Piece): Units {
    const { texts, start, ends } = this.#characters.lines(piece);
    if (texts.length === 0) return { values: [], ends };
    const values = texts.map((text, i) => {
      if (text.trim() === "") return undefined;
      try {
        return jsonValue(text);
      } catch (error) {
        const from = (ends[i - 1] ?? start) - piece.at;
        const bytes = Buffer.from(piece.bytes.subarray(from, ends[i]! - piece.at));
        return new InvalidUnit(`It is no JSON: ${(error as Error).message}`, bytes);
      }
    });
    if (!this.#refusesInvalid) return { values, ends };
    return { values: checked(this.#characters, piece, values, start, ends), ends };
  }

  endOfTooLong(piece: Piece): number {
    return this.#characters.lineEnd(piece);
  }
}
