import { createWriteStream } from "node:fs";
import { once } from "node:events";

const FILLING =
  " the quick brown fox jumps over the lazy dog 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcd\n";
const DIGITS = 12;
const LINES_PER_WRITE = 10_000;

/** Line `number`, 100 bytes with its end: the same as bench.py writes. */
export const lineOf = (number: number): string => String(number).padStart(DIGITS, "0") + FILLING;

/** The number that a line begins with; NaN for what is no such line. */
export const numberOf = (line: string): number => Number(line.slice(0, DIGITS));

/** Writes lines 0 to `count - 1` to a new file. */
export async function writeLines(file: string, count: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let from = 0; from < count; from += LINES_PER_WRITE) {
    let text = "";
    for (let i = from; i < Math.min(count, from + LINES_PER_WRITE); i++) text += lineOf(i);
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}
