import { ConfigError } from "@millrace/connect-api";
import type { TimeZone } from "./time-zone.ts";

/** A moment as a clock on the wall shows it: read its parts as UTC. */
interface Local {
  readonly date: Date;
  readonly utcMs: number;
  readonly zone: TimeZone;
  readonly locale: string;
}

type Part = (local: Local) => string;

/**
 * Prints dates by the patterns of Joda-Time's `DateTimeFormat`. They are not those of Java's
 * `DateTimeFormatter`: `Y` is the year of the era and `x` the year of weeks.
 */
export class JodaPattern {
  readonly #parts: readonly Part[];
  readonly #zone: TimeZone;
  readonly #locale: string;

  /**
   * @param locale as Java has it: `en-US` or `en_US`
   * @throws {ConfigError} for a letter that Joda has not
   */
  constructor(key: string, pattern: string, zone: TimeZone, locale: string) {
    this.#parts = compile(key, pattern);
    this.#zone = zone;
    this.#locale = locale.replaceAll("_", "-");
  }

  /** @param utcMs milliseconds since the epoch */
  format(utcMs: number): string {
    const local: Local = {
      date: new Date(this.#zone.toLocal(utcMs)),
      utcMs,
      zone: this.#zone,
      locale: this.#locale,
    };
    let text = "";
    for (const part of this.#parts) text += part(local);
    return text;
  }
}

function compile(key: string, pattern: string): Part[] {
  const parts: Part[] = [];
  // A quoted text (two quotes are one), a run of one letter, or anything else.
  for (const [token] of pattern.matchAll(/'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+/g)) {
    if (token.startsWith("'")) {
      const inner = token.slice(1, token.length > 1 && token.endsWith("'") ? -1 : undefined);
      const text = token === "''" ? "'" : inner.replaceAll("''", "'");
      parts.push(() => text);
    } else if (/[A-Za-z]/.test(token)) {
      parts.push(field(key, pattern, token[0]!, token.length));
    } else {
      parts.push(() => token);
    }
  }
  return parts;
}

function field(key: string, pattern: string, letter: string, length: number): Part {
  const padded =
    (value: (date: Date) => number): Part =>
    ({ date }) =>
      String(value(date)).padStart(length, "0");
  switch (letter) {
    case "G":
      return ({ date }) => (date.getUTCFullYear() > 0 ? "AD" : "BC");
    case "C":
      return padded((date) => Math.floor(yearOfEra(date) / 100));
    case "Y":
      return year(yearOfEra, length);
    case "y":
      return year((date) => date.getUTCFullYear(), length);
    case "x":
      return year(weekYear, length);
    case "w":
      return padded(week);
    case "e":
      return padded((date) => date.getUTCDay() || 7);
    case "E":
      return named({ weekday: length >= 4 ? "long" : "short" });
    case "D":
      return padded(dayOfYear);
    case "M":
      return length >= 3
        ? named({ month: length >= 4 ? "long" : "short" })
        : padded((date) => date.getUTCMonth() + 1);
    case "d":
      return padded((date) => date.getUTCDate());
    case "a":
      return ({ date }) => (date.getUTCHours() < 12 ? "AM" : "PM");
    case "K":
      return padded((date) => date.getUTCHours() % 12);
    case "h":
      return padded((date) => date.getUTCHours() % 12 || 12);
    case "H":
      return padded((date) => date.getUTCHours());
    case "k":
      return padded((date) => date.getUTCHours() || 24);
    case "m":
      return padded((date) => date.getUTCMinutes());
    case "s":
      return padded((date) => date.getUTCSeconds());
    case "S":
      return ({ date }) =>
        String(date.getUTCMilliseconds()).padStart(3, "0").padEnd(length, "0").slice(0, length);
    case "z":
      return zoneName(length >= 4 ? "long" : "short");
    case "Z":
      return length >= 3
        ? ({ zone }) => zone.name
        : ({ zone, utcMs }) => offsetText(zone.offsetAt(utcMs), length === 2);
    default:
      throw new ConfigError(key, pattern, `Illegal pattern component: ${letter.repeat(length)}`);
  }
}

const yearOfEra = (date: Date): number => {
  const year = date.getUTCFullYear();
  return year > 0 ? year : 1 - year;
};

/** Two letters are the year without its century. */
function year(value: (date: Date) => number, length: number): Part {
  return ({ date }) => {
    const number = value(date);
    if (length === 2) return String(Math.abs(number) % 100).padStart(2, "0");
    const digits = String(Math.abs(number)).padStart(length, "0");
    return number < 0 ? `-${digits}` : digits;
  };
}

/** Text of a locale; the date's parts are those of UTC. */
function named(options: Intl.DateTimeFormatOptions): Part {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return ({ date, locale }) => {
    let format = formats.get(locale);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
      formats.set(locale, format);
    }
    return format.format(date);
  };
}

function zoneName(timeZoneName: "long" | "short"): Part {
  return ({ utcMs, zone, locale }) =>
    new Intl.DateTimeFormat(locale, { timeZone: zone.name, timeZoneName })
      .formatToParts(utcMs)
      .find(({ type }) => type === "timeZoneName")?.value ?? zone.name;
}

function offsetText(offsetMs: number, colon: boolean): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  const rest = String(Math.floor(minutes % 60)).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${hours}${colon ? ":" : ""}${rest}`;
}

const DAY_MS = 86_400_000;

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

/** The Thursday of a date's week: its year and number are those of the week (ISO 8601). */
function thursday(date: Date): Date {
  return new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
}

const weekYear = (date: Date): number => thursday(date).getUTCFullYear();

const week = (date: Date): number => Math.floor((dayOfYear(thursday(date)) - 1) / 7) + 1;
