const MS_PER_DAY = 86_400_000;
/** Days whose offset is kept; a table's rows usually lie close together. */
const CACHED_DAYS = 4096;

/**
 * A time zone as `db.timezone` names it: what turns the wall clock of a database's
 * `timestamp` into an instant and back. Times are milliseconds; a wall clock is written
 * as if it were UTC.
 */
export class TimeZone {
  readonly name: string;
  readonly #fixedOffset: number | undefined;
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #offsetOfDay = new Map<number, number>();

  private constructor(name: string, fixedOffset: number | undefined) {
    this.name = name;
    this.#fixedOffset = fixedOffset;
    this.#format = fixedOffset === undefined ? wallClockFormat(name) : undefined;
  }

  static readonly UTC: TimeZone = new TimeZone("UTC", 0);

  /**
   * The zone of an IANA name (`Europe/Paris`), or of a fixed offset as Java writes it
   * (`GMT+2`, `UTC+02:00`, `+02:00`).
   * @throws {RangeError} when there is no such zone
   */
  static of(name: string): TimeZone {
    if (/^(UTC|GMT|UT|Z|Etc\/UTC)$/.test(name)) return TimeZone.UTC;
    const offset = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
    if (offset === null) return new TimeZone(name, undefined);
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    if (minutes > 18 * 60) throw new RangeError(`Invalid time zone specified: ${name}`);
    return new TimeZone(name, (offset[1] === "-" ? -minutes : minutes) * 60_000);
  }

  /** The offset from UTC at an instant; positive east of Greenwich. */
  offsetAt(instant: number): number {
    if (this.#fixedOffset !== undefined) return this.#fixedOffset;
    const day = Math.floor(instant / MS_PER_DAY);
    const known = this.#offsetOfDay.get(day);
    if (known !== undefined) return known;
    const start = this.#computeOffset(day * MS_PER_DAY);
    if (start !== this.#computeOffset((day + 1) * MS_PER_DAY)) return this.#computeOffset(instant);
    if (this.#offsetOfDay.size >= CACHED_DAYS) this.#offsetOfDay.clear();
    this.#offsetOfDay.set(day, start);
    return start;
  }

  /**
   * The instant at which clocks here show this time. A time shown twice, and one that is
   * skipped, is taken by the standard offset (Java: `GregorianCalendar`, lenient).
   */
  toInstant(wallClock: number): number {
    if (this.#fixedOffset !== undefined) return wallClock - this.#fixedOffset;
    const before = this.offsetAt(wallClock - MS_PER_DAY);
    const after = this.offsetAt(wallClock + MS_PER_DAY);
    if (before === after) return wallClock - before;
    const shownBefore = this.offsetAt(wallClock - before) === before;
    const shownAfter = this.offsetAt(wallClock - after) === after;
    if (shownBefore === shownAfter) return wallClock - Math.min(before, after);
    return wallClock - (shownBefore ? before : after);
  }

  /** What clocks here show at an instant. */
  toWallClock(instant: number): number {
    return instant + this.offsetAt(instant);
  }

  #computeOffset(instant: number): number {
    const parts = new Map<string, string>();
    for (const { type, value } of this.#format?.formatToParts(instant) ?? [])
      parts.set(type, value);
    const part = (type: string) => Number(parts.get(type));
    const year = parts.get("era") === "BC" ? 1 - part("year") : part("year");
    const wallClock = new Date(0);
    // Unlike Date.UTC, these leave the years 0 to 99 alone.
    wallClock.setUTCFullYear(year, part("month") - 1, part("day"));
    wallClock.setUTCHours(part("hour"), part("minute"), part("second"));
    return wallClock.getTime() - Math.floor(instant / 1000) * 1000;
  }
}

function wallClockFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}
