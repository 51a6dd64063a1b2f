export type TimestampFormat = "iso" | "epoch_ms" | "epoch_s";

const NS_PER_S = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
const DIGITS = 9;

/**
 * A timestamp in nanoseconds since 1970, so that no two are taken for the same that are
 * not; undefined when the text is none. ISO texts without zone are UTC.
 */
export function instant(text: string, format: TimestampFormat): bigint | undefined {
  if (format !== "iso") {
    const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
    if (match === null) return undefined;
    const digits = format === "epoch_ms" ? DIGITS - 3 : DIGITS;
    const value = BigInt(`${match[2]}${fraction(match[3] ?? "", digits)}`);
    return match[1] === "-" ? -value : value;
  }
  const match =
    /^(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?)(?:[.,](\d+))?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, whole = "", part = "", zone = "Z"] = match;
  const isDate = whole.length === "2000-01-01".length;
  const offset = /^[+-]\d{2}$/.test(zone)
    ? `${zone}:00`
    : zone.replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
  const ms = Date.parse(isDate ? whole : whole.replace(" ", "T") + offset.toUpperCase());
  return Number.isNaN(ms) ? undefined : BigInt(ms) * NS_PER_MS + BigInt(fraction(part, DIGITS));
}

/** A moment so long before a timestamp, in the same format; the text itself for no time at all. */
export function before(text: string, format: TimestampFormat, ms: number): string {
  const at = instant(text, format);
  if (ms === 0 || at === undefined) return text;
  const earlier = at - BigInt(ms) * NS_PER_MS;
  switch (format) {
    case "iso":
      return new Date(Number(earlier / NS_PER_MS)).toISOString();
    case "epoch_ms":
      return String(earlier / NS_PER_MS);
    case "epoch_s":
      return String(earlier / NS_PER_S);
  }
}

/** Milliseconds since 1970, as a record's timestamp. */
export function instantMs(at: bigint): number {
  return Number(at / NS_PER_MS);
}

function fraction(digits: string, length: number): string {
  return digits.slice(0, length).padEnd(length, "0");
}
