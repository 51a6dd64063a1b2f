import { ConfigError } from "@millrace/connect-api";

export const DEFAULT_DATE_PATTERN =
  "yyyy-MM-dd[['T'][ ]][HH:mm:ss[[.][SSSSSS][SSS]][ ]VV[ ]'['VV']'][HH:mm:ss[[.][SSSSSS][SSS]][ ]X][HH:mm:ss[[.][SSSSSS][SSS]]]";

/** Reads a text as milliseconds since the epoch, undefined when it does not fit the pattern. */
export type ReadDate = (text: string) => number | undefined;

/** Digits of a field, `+` where there may be more. */
const FIELDS: Readonly<Record<string, string>> = {
  y: "year",
  u: "year",
  M: "month",
  d: "day",
  H: "hour",
  m: "minute",
  s: "second",
};

/**
 * Compiles a pattern of Java's `DateTimeFormatter`: numbers, quoted texts, optional parts, offsets
 * (X, x, Z) and zones (VV). What is missing of the time is 0, a missing zone UTC.
 * @throws {ConfigError} for letters that need a language, and others
 */
export function compileDatePattern(key: string, pattern: string): ReadDate {
  const groups: string[] = [];
  const group = (name: string, source: string) => {
    groups.push(name);
    return `(${source})`;
  };
  let source = "";
  for (const [token, quoted, letter] of pattern.matchAll(
    /'((?:[^']|'')*)'|([a-zA-Z])\2*|[\s\S]/g,
  )) {
    if (quoted !== undefined) source += literal(quoted === "" ? "'" : quoted.replace("''", "'"));
    else if (token === "[") source += "(?:";
    else if (token === "]") source += ")?";
    else if (letter === undefined) source += literal(token);
    else source += field(key, pattern, token, group);
  }
  const regex = compile(key, pattern, source);
  return (text) => {
    const found = regex.exec(text);
    if (found === null) return undefined;
    const parts = new Map<string, string>();
    groups.forEach((name, i) => {
      const value = found[i + 1];
      if (value !== undefined && !parts.has(name)) parts.set(name, value);
    });
    return toMs(parts);
  };
}

function field(
  key: string,
  pattern: string,
  token: string,
  group: (name: string, source: string) => string,
): string {
  const letter = token[0]!;
  if (letter === "S") return group("fraction", `\\d{${token.length}}`);
  if (letter === "X" || letter === "x" || letter === "Z") {
    return group("offset", String.raw`Z|[+-]\d{2}(?::?\d{2})?(?::?\d{2})?`);
  }
  if (token === "VV") return group("zone", String.raw`Z|[+-]\d{2}:\d{2}|[A-Za-z][\w/+-]*`);
  const name = FIELDS[letter];
  const tooLong = letter === "M" && token.length > 2;
  if (name === undefined || tooLong) {
    throw new ConfigError(
      key,
      pattern,
      `${token} is not supported, only numbers and time zones are`,
    );
  }
  return group(name, token.length === 1 ? String.raw`\d{1,19}` : `\\d{${token.length}}`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

function compile(key: string, pattern: string, source: string): RegExp {
  try {
    return new RegExp(`^${source}$`);
  } catch (error) {
    throw new ConfigError(key, pattern, "Its brackets do not match", { cause: error });
  }
}

function toMs(parts: ReadonlyMap<string, string>): number | undefined {
  const number = (name: string, otherwise: number) => Number(parts.get(name) ?? otherwise);
  const year = number("year", 1970);
  const month = number("month", 1);
  const day = number("day", 1);
  const [hour, minute, second] = [number("hour", 0), number("minute", 0), number("second", 0)];
  const fraction = Math.floor(Number(`0.${parts.get("fraction") ?? 0}`) * 1000);
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, fraction);
  const isThatDay = local.getUTCMonth() === month - 1 && local.getUTCDate() === day;
  if (!isThatDay || hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = offsetMs(parts.get("zone") ?? parts.get("offset") ?? "Z", local.getTime());
  return offset === undefined ? undefined : local.getTime() - offset;
}

function offsetMs(zone: string, localMs: number): number | undefined {
  if (zone === "Z") return 0;
  const fixed = /^([+-])(\d{2}):?(\d{2})?:?(\d{2})?$/.exec(zone);
  if (fixed !== null) {
    const [, sign, hours, minutes = 0, seconds = 0] = fixed;
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
    return sign === "-" ? -ms : ms;
  }
  try {
    // What the zone's clocks show at the moment that would be it in UTC; asked again at the
    // moment that it then is, for the days on which clocks change.
    const guess = shownAt(zone, localMs) - localMs;
    return shownAt(zone, localMs - guess) - (localMs - guess);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // there is no such zone
    throw error;
  }
}

function shownAt(zone: string, ms: number): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second } = part;
  return Date.UTC(
    +year!,
    +month! - 1,
    +day!,
    +hour!,
    +minute!,
    +second!,
    ((ms % 1000) + 1000) % 1000,
  );
}
