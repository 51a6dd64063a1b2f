import type { Characters } from "./characters.ts";
import type { Piece, Units } from "./units.ts";

/** The texts of rows, line ends within quotes kept; a blank line is undefined. */
export interface Rows extends Units {
  readonly values: readonly (string | undefined)[];
  /** Position of the first one. */
  readonly start: number;
}

/**
 * Finds where rows end, which a library that is given text can't say in bytes: at a line end that
 * is not within quotes. What is in a row is the library's to say.
 */
export function csvRows(
  piece: Piece,
  characters: Characters,
  quote: string,
  separator: string,
): Rows {
  const { texts, start, ends } = characters.lines(piece);
  const values: (string | undefined)[] = [];
  const rowEnds: number[] = [];
  let isQuoted = false;
  let from = start;
  texts.forEach((text, i) => {
    const end = ends[i]!;
    const continues = isQuoted;
    isQuoted = isQuotedAtEnd(text, isQuoted, quote, separator);
    if (isQuoted && !(piece.isLast && i === texts.length - 1)) return;
    values.push(
      continues ? withoutLineEnd(rowText(piece, from, end, characters)) : text || undefined,
    );
    rowEnds.push(end);
    from = end;
  });
  return { values, ends: rowEnds, start };
}

/** Quotes count at the start of a value only; within quotes, two of them are one. */
function isQuotedAtEnd(
  line: string,
  wasQuoted: boolean,
  quote: string,
  separator: string,
): boolean {
  if (!line.includes(quote)) return wasQuoted;
  let isQuoted = wasQuoted;
  let at = 0;
  for (;;) {
    if (!isQuoted) {
      // The next value that begins with a quote.
      while (line[at] !== quote) {
        const next = line.indexOf(separator, at);
        if (next === -1) return false;
        at = next + 1;
      }
      isQuoted = true;
      at += 1;
    }
    const end = line.indexOf(quote, at);
    if (end === -1) return true;
    if (line[end + 1] === quote) {
      at = end + 2;
    } else {
      isQuoted = false;
      at = end + 1;
    }
  }
}

function rowText({ bytes, at }: Piece, from: number, end: number, characters: Characters): string {
  return characters.text(bytes.subarray(from - at, end - at));
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r\n$|[\r\n]$/, "");
}
