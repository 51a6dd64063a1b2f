import { isAscii, isUtf8 } from "node:buffer";

const LF = 0x0a;
const CR = 0x0d;

/** Some lines of a file, without their line ends. */
export interface Lines {
  readonly texts: readonly string[];
  /** Position of the first line in the file. */
  readonly start: number;
  /** For each line, the number of bytes of the file up to its end, line end included. */
  readonly ends: readonly number[];
}

export const NO_LINES: Lines = { texts: [], start: 0, ends: [] };

/**
 * Splits bytes into lines that end with `\n`, `\r` or `\r\n`; the last one has its end.
 * A block is decoded at once and its lines are slices of that one string: five times as
 * fast as decoding each line. Bytes that are not UTF-8 become U+FFFD, as in Java.
 * @param position position of the first byte in the file
 */
export function splitLines(bytes: Buffer, position: number): Lines {
  const ascii = isAscii(bytes);
  if (!ascii && !isUtf8(bytes)) return splitBytes(bytes, position);
  const text = bytes.toString(ascii ? "latin1" : "utf8");
  const size = ascii ? asciiSize : utf8Size;
  return bytes.includes(CR) ? splitAnyEnd(text, position, size) : splitLf(text, position, size);
}

function asciiSize(text: string): number {
  return text.length;
}

function utf8Size(text: string): number {
  return Buffer.byteLength(text);
}

function splitLf(text: string, position: number, size: (text: string) => number): Lines {
  const texts = text.split("\n");
  // What follows the last line end: nothing.
  texts.pop();
  const ends: number[] = [];
  let end = position;
  for (const line of texts) {
    end += size(line) + 1;
    ends.push(end);
  }
  return { texts, start: position, ends };
}

function splitAnyEnd(text: string, position: number, size: (text: string) => number): Lines {
  const texts: string[] = [];
  const ends: number[] = [];
  let end = position;
  let from = 0;
  let lf = text.indexOf("\n");
  let cr = text.indexOf("\r");
  while (from < text.length) {
    const to = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
    const next = to === cr && lf === cr + 1 ? to + 2 : to + 1;
    const line = text.slice(from, to);
    end += size(line) + next - to;
    texts.push(line);
    ends.push(end);
    from = next;
    if (lf !== -1 && lf < from) lf = text.indexOf("\n", from);
    if (cr !== -1 && cr < from) cr = text.indexOf("\r", from);
  }
  return { texts, start: position, ends };
}

/** Counts in the bytes themselves: decoding what is not UTF-8 changes its length. */
function splitBytes(bytes: Buffer, position: number): Lines {
  const texts: string[] = [];
  const ends: number[] = [];
  let from = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] !== LF && bytes[i] !== CR) continue;
    texts.push(bytes.toString("utf8", from, i));
    if (bytes[i] === CR && bytes[i + 1] === LF) i += 1;
    from = i + 1;
    ends.push(position + from);
  }
  return { texts, start: position, ends };
}

/**
 * Length of the part that consists of whole lines. A `\r` at the very end may be half of
 * a `\r\n`: its line is whole once the next byte is known.
 */
export function wholeLinesLength(bytes: Buffer): number {
  const known = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
  const afterLf = known.lastIndexOf(LF) + 1;
  return afterLf + known.subarray(afterLf).lastIndexOf(CR) + 1;
}

export function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

/** True where a position between these two bytes would tear a `\r\n`. */
export function isWithinCrLf(before: number | undefined, after: number | undefined): boolean {
  return before === CR && after === LF;
}
