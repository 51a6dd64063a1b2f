import { ERAS, HALVES, MONTHS, short, UTC_NAMES, WEEKDAYS } from "./names.ts";
import type { TextReader } from "./text-reader.ts";

/** What a text says of a moment; absent is what it does not tell. */
export interface ParsedFields {
  isBeforeChrist?: boolean;
  year?: number;
  /** Of the year that the window begins in, the first days are those a century later. */
  isAmbiguous?: boolean;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hourOfDay?: number;
  hourOfHalf?: number;
  isAfternoon?: boolean;
  minute?: number;
  second?: number;
  millis?: number;
  /** Minutes that the text's clock is ahead of UTC. */
  offset?: number;
}

export interface ParseField {
  readonly letter: string;
  readonly count: number;
  /** A field of digits that another follows at once has exactly as many as it has letters. */
  readonly isAbutting: boolean;
}

/** A year of two digits is one of the hundred that begin 80 years ago. */
export interface YearWindow {
  readonly start: number;
  readonly startMillis: number;
}

/** Reads a field of a text. @returns false when the text has none there */
export function parseField(
  { letter, count, isAbutting }: ParseField,
  reader: TextReader,
  fields: ParsedFields,
  window: YearWindow,
): boolean {
  // Blanks count among the characters that an abutting field has.
  const end = isAbutting ? reader.position + count : undefined;
  if (!reader.skipBlanks()) return false;
  switch (letter) {
    case "G":
      return accept(reader.takeName(ERAS), (era) => (fields.isBeforeChrist = era === 0));
    case "a":
      return accept(reader.takeName(HALVES), (half) => (fields.isAfternoon = half === 1));
    case "E":
      return reader.takeName([...WEEKDAYS, ...WEEKDAYS.map(short)]) !== undefined;
    case "X":
      return parseIsoZone(reader, count, fields);
    case "z":
    case "Z":
      return parseZone(reader, fields);
    case "M":
    case "L":
      if (count > 2) {
        const names = [...MONTHS, ...MONTHS.map(short)];
        return accept(reader.takeName(names), (i) => (fields.month = (i % 12) + 1));
      }
      break;
    default:
  }
  const number = reader.takeNumber(end);
  if (number === undefined) return false;
  if (letter === "y" && count <= 2 && number.digits === 2) {
    fields.year = inWindow(number.value, window);
    fields.isAmbiguous = fields.year === window.start;
  } else {
    setNumber(letter, number.value, fields);
  }
  return true;
}

function accept(index: number | undefined, set: (index: number) => void): boolean {
  if (index === undefined) return false;
  set(index);
  return true;
}

function inWindow(twoDigits: number, { start }: YearWindow): number {
  const century = Math.floor(start / 100) * 100;
  return century + twoDigits + (twoDigits < start % 100 ? 100 : 0);
}

function setNumber(letter: string, value: number, fields: ParsedFields): void {
  switch (letter) {
    case "y":
      fields.year = value;
      break;
    case "M":
    case "L":
      fields.month = value;
      break;
    case "d":
      fields.day = value;
      break;
    case "D":
      fields.dayOfYear = value;
      break;
    case "H":
      fields.hourOfDay = value;
      break;
    case "k":
      fields.hourOfDay = value === 24 ? 0 : value;
      break;
    case "K":
      fields.hourOfHalf = value;
      break;
    case "h":
      fields.hourOfHalf = value === 12 ? 0 : value;
      break;
    case "m":
      fields.minute = value;
      break;
    case "s":
      fields.second = value;
      break;
    case "S":
      fields.millis = value;
      break;
    default:
  }
}

/** `Z`, or a sign with `hh`, `hhmm` or `hh:mm`, by the count of letters. */
function parseIsoZone(reader: TextReader, count: number, fields: ParsedFields): boolean {
  if (reader.take("Z")) {
    fields.offset = 0;
    return true;
  }
  return parseOffset(reader, fields, { colon: count === 3, minutes: count > 1 });
}

/** `+hhmm`, `GMT`, `GMT+hh:mm`, or a name of UTC. */
function parseZone(reader: TextReader, fields: ParsedFields): boolean {
  if (parseOffset(reader, fields, { colon: false, minutes: true })) return true;
  const name = reader.takeName(UTC_NAMES);
  if (name === undefined) return false;
  fields.offset = 0;
  if (UTC_NAMES[name] === "GMT") parseOffset(reader, fields, { colon: true, minutes: true });
  return true;
}

function parseOffset(
  reader: TextReader,
  fields: ParsedFields,
  form: { readonly colon: boolean; readonly minutes: boolean },
): boolean {
  const start = reader.position;
  const sign = reader.take("+") ? 1 : reader.take("-") ? -1 : undefined;
  const hours = sign && reader.takeTwoDigits();
  const isColonRight = !form.minutes || !form.colon || reader.take(":");
  const minutes = form.minutes && isColonRight ? reader.takeTwoDigits() : 0;
  const isRight = sign !== undefined && hours !== undefined && hours < 24 && isColonRight;
  if (!isRight || minutes === undefined || minutes > 59) {
    reader.position = start;
    return false;
  }
  fields.offset = sign * (hours * 60 + minutes);
  return true;
}
