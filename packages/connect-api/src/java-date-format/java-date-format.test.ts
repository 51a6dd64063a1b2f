import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JavaDateFormat } from "./java-date-format.ts";

/** A date that was written, or a text that was read, or not. */
interface FormatCase {
  readonly pattern: string;
  readonly text: string;
  readonly millis?: number;
  readonly error?: string;
}

const CASES = JSON.parse(
  readFileSync(new URL("../../test/golden/date-format.json", import.meta.url), "utf8"),
) as (FormatCase & { readonly isWritten?: true })[];
/** When the recording was made: the years of two digits go by it. */
const NOW = Date.UTC(2026, 10, 27);

/** Where we differ on purpose, by pattern and date or text. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "D w W F u E EEEE -12219292800000": "weeks of the month in which Java's calendar skips ten days",
  "yyyyMM 20240229131415": "a year that JavaScript has no date for",
};

const isSame = ({ pattern, text, millis }: FormatCase) =>
  DIFFERENCES[`${pattern} ${millis}`] === undefined &&
  DIFFERENCES[`${pattern} ${text}`] === undefined;
const keysOf = (recorded: FormatCase) => Object.keys(recorded).join();

function read(pattern: string, text: string): { millis: number } | { error: string } {
  try {
    return { millis: new JavaDateFormat(pattern, NOW).parse(text).getTime() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

// What SimpleDateFormat of Java 17 does in UTC and English.
test.for(CASES.filter((c) => isSame(c) && keysOf(c) === "pattern,millis,text"))(
  "$millis is written by $pattern as $text",
  ({ pattern, millis, text }) => {
    expect(new JavaDateFormat(pattern, NOW).format(new Date(millis!))).toBe(text);
  },
);

test.for(CASES.filter((c) => isSame(c) && keysOf(c) !== "pattern,millis,text"))(
  "$text is read by $pattern",
  ({ pattern, text, ...recorded }) => {
    expect(read(pattern, text)).toEqual(recorded);
  },
);

describe("what cannot be read is said", () => {
  test.each([
    ["YYYY-ww", "letter Y"],
    ["yyyy-MM W", "letter W"],
    ["EEE yyyy", "letter E of a pattern without d or D"],
  ])("%s", (pattern, why) => {
    const format = new JavaDateFormat(pattern);
    expect(format.unreadable).toContain(why);
    expect(() => format.parse("2024-01 Mon")).toThrow(why);
  });
});

test("what was written is read again", () => {
  const patterns = [
    "G yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy G DDD KK:mm a ss SSS",
    "EEEE d MMMM yyyy G h a mm:ss.SSS zzzz",
    "yyyy G MMM dd kk:mm:ss.SSS XXX",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      fc.date({
        min: new Date(-62_000_000_000_000 * 2),
        max: new Date(253_402_300_799_999),
        noInvalidDate: true,
      }),
      (pattern, date) => {
        const format = new JavaDateFormat(pattern);
        expect(format.parse(format.format(date))).toEqual(date);
      },
    ),
  );
});
