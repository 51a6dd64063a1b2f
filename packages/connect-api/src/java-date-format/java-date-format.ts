import { ConnectError, DataError } from "../errors.ts";
import { calendarDay, epochDayOf } from "./calendar.ts";
import { type FieldFormatter, fieldFormatter, isOfTime } from "./format-field.ts";
import { type ParsedFields, type ParseField, parseField, type YearWindow } from "./parse-field.ts";
import { parsePattern, type PatternPart } from "./pattern.ts";
import { TextReader } from "./text-reader.ts";

const MS_PER_DAY = 86_400_000;
/** Fields of digits that a text can be read by. */
const DIGITS = "yMLdDHkKhmsS";

/**
 * `java.text.SimpleDateFormat` in UTC and English, with its lenience: the 45th of January
 * is February 14, and what follows the last field is ignored. Days before 1582-10-15 are in
 * the Julian calendar. It writes all of Java's letters. It reads all but those of weeks
 * (`Y`, `w`, `W`, `F`), and of the names of time zones only those of UTC.
 */
export class JavaDateFormat {
  readonly pattern: string;
  /** Why no text can be read by this pattern; undefined when some can. */
  readonly unreadable: string | undefined;
  /** What is the same for a whole day, as one piece, and fields of the time. */
  readonly #writers: readonly (readonly FieldFormatter[] | FieldFormatter)[];
  readonly #readers: readonly (string | ParseField)[];
  readonly #window: YearWindow;
  /** The day written last, and its pieces: most dates are of the same day as the one before. */
  #epochDay = Number.NaN;
  #day = calendarDay(0);
  #dayTexts: readonly string[] = [];
  /** Written last: records come in bursts of the same millisecond. */
  #millis = Number.NaN;
  #text = "";

  /**
   * @param now milliseconds since the epoch; years of two digits are near it
   * @throws {ConnectError} with Java's message, for a pattern that is none
   */
  constructor(pattern: string, now: number = Date.now()) {
    const parts = parsePattern(pattern);
    this.pattern = pattern;
    this.#window = yearWindow(now);
    this.#writers = writersOf(parts);
    this.#readers = parts.map((part, i) =>
      "text" in part ? part.text : { ...part, isAbutting: isAbutting(parts, i) },
    );
    this.unreadable = unreadable(parts);
  }

  format(date: Date): string {
    const millis = date.getTime();
    if (millis === this.#millis) return this.#text;
    const epochDay = Math.floor(millis / MS_PER_DAY);
    if (epochDay !== this.#epochDay) this.#beginDay(epochDay);
    const millisOfDay = millis - epochDay * MS_PER_DAY;
    let text = "";
    for (let i = 0; i < this.#writers.length; i++) {
      const writer = this.#writers[i]!;
      text += typeof writer === "function" ? writer(this.#day, millisOfDay) : this.#dayTexts[i]!;
    }
    this.#millis = millis;
    this.#text = text;
    return text;
  }

  #beginDay(epochDay: number): void {
    const day = calendarDay(epochDay);
    this.#epochDay = epochDay;
    this.#day = day;
    this.#dayTexts = this.#writers.map((writer) =>
      typeof writer === "function" ? "" : writer.map((write) => write(day, 0)).join(""),
    );
  }

  /**
   * @throws {ConnectError} a ParseException when the text does not match; {DataError} when
   * the pattern is one that cannot be read, or the date is none that JavaScript can hold
   */
  parse(text: string): Date {
    if (this.unreadable !== undefined) throw new DataError(this.unreadable);
    const reader = new TextReader(text);
    const fields: ParsedFields = {};
    for (const part of this.#readers) {
      const isRead =
        typeof part === "string"
          ? reader.take(part)
          : parseField(part, reader, fields, this.#window);
      if (!isRead) {
        throw new ConnectError(`Unparseable date: "${text}"`, {
          javaName: "java.text.ParseException",
        });
      }
    }
    const date = new Date(millisOf(fields));
    if (fields.isAmbiguous && date.getTime() < this.#window.startMillis) {
      date.setTime(millisOf({ ...fields, year: this.#window.start + 100 }));
    }
    if (Number.isNaN(date.getTime())) throw new DataError(`The date is out of range: "${text}"`);
    return date;
  }
}

function writersOf(parts: readonly PatternPart[]): (FieldFormatter[] | FieldFormatter)[] {
  const writers: (FieldFormatter[] | FieldFormatter)[] = [];
  for (const part of parts) {
    const write = "text" in part ? () => part.text : fieldFormatter(part.letter, part.count);
    const last = writers.at(-1);
    if ("letter" in part && isOfTime(part.letter)) writers.push(write);
    else if (typeof last === "object") last.push(write);
    else writers.push([write]);
  }
  return writers;
}

function yearWindow(now: number): YearWindow {
  const begin = new Date(now);
  begin.setUTCFullYear(begin.getUTCFullYear() - 80);
  return { start: begin.getUTCFullYear(), startMillis: begin.getTime() };
}

/** Among fields of digits without anything between them, all but the last have a fixed width. */
function isAbutting(parts: readonly PatternPart[], index: number): boolean {
  return isDigits(parts[index]) && isDigits(parts[index + 1]);
}

function isDigits(part: PatternPart | undefined): boolean {
  if (part === undefined || "text" in part || !DIGITS.includes(part.letter)) return false;
  return !("ML".includes(part.letter) && part.count > 2);
}

function unreadable(parts: readonly PatternPart[]): string | undefined {
  const letters = parts.map((part) => ("text" in part ? "" : part.letter));
  const week = letters.find((letter) => letter !== "" && "YwWFu".includes(letter));
  if (week !== undefined) {
    return `Dates cannot be read by the letter ${week} of a pattern: use y, M and d`;
  }
  const hasDay = letters.includes("d") || letters.includes("D");
  return letters.includes("E") && !hasDay
    ? "Dates cannot be read by the letter E of a pattern without d or D beside it"
    : undefined;
}

function millisOf(fields: ParsedFields): number {
  const { isBeforeChrist = false, year = 1970, minute = 0, second = 0, millis = 0 } = fields;
  const ordinal = isBeforeChrist ? 1 - year : year;
  // The month wins: Java goes by what was set last, and patterns with both are rare.
  const byDayOfYear = fields.dayOfYear !== undefined && fields.month === undefined;
  const day = byDayOfYear
    ? epochDayOf(ordinal, 1, fields.dayOfYear!)
    : epochDayOf(ordinal, fields.month ?? 1, fields.day ?? 1);
  const minutes = hourOf(fields) * 60 + minute - (fields.offset ?? 0);
  return day * MS_PER_DAY + minutes * 60_000 + second * 1000 + millis;
}

function hourOf({ hourOfDay, hourOfHalf, isAfternoon = false }: ParsedFields): number {
  return hourOfDay ?? (hourOfHalf ?? 0) + (isAfternoon ? 12 : 0);
}
