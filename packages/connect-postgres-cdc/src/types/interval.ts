import type { TypeForm } from "./column-type.ts";
import { safeInteger } from "./text.ts";

export type IntervalHandlingMode = "numeric" | "string";

/** 365.25 / 12 days. */
const SECONDS_PER_MONTH = 2_629_800n;
const SECONDS_PER_DAY = 86_400n;

interface Interval {
  years: number;
  months: number;
  days: number;
  hours: number;
  minutes: number;
  /** With its fraction, of the sign of the hours. */
  micros: number;
}

/** `interval`, in the form of IntervalStyle postgres: `1 year 2 mons -3 days 04:05:06.789`. */
export function intervalForm(mode: IntervalHandlingMode): TypeForm {
  const parsed = (bytes: Buffer, at: number, length: number) =>
    parseInterval(bytes.toString("latin1", at, at + length));
  if (mode === "string") {
    return {
      schema: { type: "STRING", name: "io.debezium.time.Interval", version: 1 },
      zero: "P0Y0M0DT0H0M0S",
      read: (...place) => isoText(parsed(...place)),
    };
  }
  return {
    schema: { type: "INT64", name: "io.debezium.time.MicroDuration", version: 1 },
    zero: 0,
    read: (...place) => safeInteger(microsOf(parsed(...place))),
  };
}

const TIME = /^([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;

export function parseInterval(text: string): Interval {
  const interval: Interval = { years: 0, months: 0, days: 0, hours: 0, minutes: 0, micros: 0 };
  const words = text.split(" ");
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const time = TIME.exec(word);
    if (time !== null) {
      const sign = time[1] === "-" ? -1 : 1;
      interval.hours = sign * Number(time[2]);
      interval.minutes = sign * Number(time[3]);
      interval.micros =
        sign * (Number(time[4]) * 1_000_000 + Number((time[5] ?? "").padEnd(6, "0")));
      continue;
    }
    const unit = words[++i] ?? "";
    if (unit.startsWith("year")) interval.years = Number(word);
    else if (unit.startsWith("mon")) interval.months = Number(word);
    else if (unit.startsWith("day")) interval.days = Number(word);
  }
  return interval;
}

function microsOf({ years, months, days, hours, minutes, micros }: Interval): bigint {
  const seconds =
    BigInt(years * 12 + months) * SECONDS_PER_MONTH +
    BigInt(days) * SECONDS_PER_DAY +
    BigInt(hours) * 3600n +
    BigInt(minutes) * 60n;
  return seconds * 1_000_000n + BigInt(micros);
}

function isoText({ years, months, days, hours, minutes, micros }: Interval): string {
  const fraction = String(Math.abs(micros) % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const whole = Math.floor(Math.abs(micros) / 1_000_000);
  const seconds = `${micros < 0 ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
  // `+ 0` makes 0 of -0.
  return `P${years}Y${months}M${days}DT${hours + 0}H${minutes + 0}M${seconds}S`;
}
