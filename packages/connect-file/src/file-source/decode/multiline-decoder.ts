import { STRING_SCHEMA } from "@millrace/connect-api";
import type { Characters } from "./characters.ts";
import { checked } from "./line-decoder.ts";
import { type Decoder, type Piece, type Units } from "./units.ts";

/**
 * Lines that belong together are a value, with `\n` between them. An event ends where the next one
 * begins, so the last one of a file waits.
 */
export class MultilineDecoder implements Decoder {
  readonly schema = STRING_SCHEMA;
  readonly #characters: Characters;
  readonly #start: RegExp;
  readonly #refusesInvalid: boolean;

  /** @param start what the first line of an event matches */
  constructor(characters: Characters, start: RegExp, refusesInvalid: boolean) {
    this.#characters = characters;
    this.#start = start;
    this.#refusesInvalid = refusesInvalid;
  }

  decode(piece: Piece): Units {
    const { texts, start, ends } = this.#characters.lines(piece);
    const isEnded = piece.isLast || piece.isQuiet === true;
    const values: string[] = [];
    const eventEnds: number[] = [];
    let from = 0;
    for (let to = 1; to <= texts.length; to += 1) {
      const isWhole = to < texts.length ? this.#start.test(texts[to]!) : isEnded;
      if (!isWhole) continue;
      values.push(to === from + 1 ? texts[from]! : texts.slice(from, to).join("\n"));
      eventEnds.push(ends[to - 1]!);
      from = to;
    }
    if (!this.#refusesInvalid || values.length === 0) return { values, ends: eventEnds };
    return {
      values: checked(this.#characters, piece, values, start, eventEnds),
      ends: eventEnds,
    };
  }

  /** The lines there are: an event may go on for ever. What follows is another one. */
  endOfTooLong(piece: Piece): number {
    return this.#characters.lines(piece).ends.at(-1) ?? -1;
  }
}
