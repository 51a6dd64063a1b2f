/**
 * An instant beyond what a Date can hold: `infinity`, and days that Java counts wrongly into an
 * int32. Connect's date types are `Date` values, and converters ask them for their time alone.
 */
export class FarDate extends Date {
  readonly #time: number;

  /** @param time milliseconds since the epoch, as a converter is to write it */
  constructor(time: number) {
    super(time > 0 ? 8.64e15 : -8.64e15);
    this.#time = time;
  }

  override getTime(): number {
    return this.#time;
  }

  override valueOf(): number {
    return this.#time;
  }
}

const LIMIT = 8.64e15;

/** A Date, or a FarDate where it does not reach. */
export function dateOf(time: number): Date {
  return time > LIMIT || time < -LIMIT ? new FarDate(time) : new Date(time);
}
