import { ConfigError } from "@millrace/connect-api";

/** Offsets change at such moments at the earliest. */
const QUARTER_MS = 900_000;
const MAX_OFFSETS = 10_000;

/** A time zone by its IANA name, `UTC` or a fixed offset such as `+05:30`. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();
  #lastQuarter = Number.NaN;
  #lastOffset = 0;

  /** @throws {ConfigError} for a name that is not known */
  constructor(key: string, name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
        era: "short",
      });
    } catch (cause) {
      throw new ConfigError(key, name, "no such time zone; name one as Europe/Berlin or UTC", {
        cause,
      });
    }
  }

  /** Milliseconds that local time is ahead of UTC at a moment. */
  offsetAt(utcMs: number): number {
    const quarter = Math.floor(utcMs / QUARTER_MS);
    if (quarter === this.#lastQuarter) return this.#lastOffset;
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = this.#compute(quarter * QUARTER_MS);
      if (this.#offsets.size >= MAX_OFFSETS) this.#offsets.clear();
      this.#offsets.set(quarter, offset);
    }
    this.#lastQuarter = quarter;
    this.#lastOffset = offset;
    return offset;
  }

  toLocal(utcMs: number): number {
    return utcMs + this.offsetAt(utcMs);
  }

  /**
   * The moment of a local time. One that the clocks leave out is taken as so much after the
   * change as it is into the gap; of one that they pass twice, the first is meant.
   */
  toUtc(localMs: number): number {
    // The offsets half a day around frame any change of the clocks.
    const before = this.offsetAt(localMs - 43_200_000 - this.offsetAt(localMs));
    const after = this.offsetAt(localMs + 43_200_000 - this.offsetAt(localMs));
    if (this.toLocal(localMs - before) === localMs) return localMs - before;
    if (this.toLocal(localMs - after) === localMs) return localMs - after;
    return localMs - before;
  }

  #compute(utcMs: number): number {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(utcMs)) parts[type] = value;
    const year = parts["era"] === "BC" ? 1 - Number(parts["year"]) : Number(parts["year"]);
    const local = Date.UTC(
      // Date.UTC takes the years up to 99 for those of the last century.
      2000,
      Number(parts["month"]) - 1,
      Number(parts["day"]),
      Number(parts["hour"]),
      Number(parts["minute"]),
      Number(parts["second"]),
    );
    const withYear = new Date(local);
    withYear.setUTCFullYear(year, Number(parts["month"]) - 1, Number(parts["day"]));
    return withYear.getTime() - utcMs;
  }
}
