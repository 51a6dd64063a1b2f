import type { TypeForm, ValueReader } from "./column-type.ts";
import {
  dayText,
  epochDay,
  type Infinite,
  infinite,
  isBeforeChrist,
  MICROS_PER_DAY,
  readDay,
  readOffset,
  readTimeOfDay,
  timeText,
} from "./calendar.ts";
import { dateOf } from "./far-date.ts";
import { readDigits, safeInteger } from "./text.ts";

export const TIME_PRECISION_MODES = [
  "adaptive",
  "adaptive_time_microseconds",
  "connect",
  "isostring",
  "microseconds",
  "nanoseconds",
] as const;
export type TimePrecisionMode = (typeof TIME_PRECISION_MODES)[number];

/** What a Timestamp of milliseconds shows for infinity (pgjdbc: `PGStatement.DATE_POSITIVE_INFINITY`). */
const INFINITE_MS: Readonly<Record<Infinite, bigint>> = {
  infinity: 9_223_372_036_825_200_000n,
  "-infinity": -9_223_372_036_832_400_000n,
};
const INFINITE_LONG: Readonly<Record<Infinite, bigint>> = {
  infinity: 2n ** 63n - 1n,
  "-infinity": -(2n ** 63n),
};
/**
 * What a day shows for infinity, as a number and as a text. Java's driver gives a snapshot days
 * that it cuts to 32 bits, and loses `BC`; the log's are of Debezium's own choice.
 */
const INFINITE_DAY = {
  snapshot: {
    infinity: { day: -622_191_234, text: "+292278994-08-16Z" },
    "-infinity": { day: -625_821_272, text: "+292269055-12-02Z" },
  },
  streaming: {
    infinity: { day: 2_146_033_979, text: "+5877611-06-21Z" },
    "-infinity": { day: -2_147_472_691, text: "-5877611-06-22Z" },
  },
} as const;

const EPOCH = new Date(0);
const name = (of: string) => ({ name: `io.debezium.time.${of}`, version: 1 });
const connect = (of: string) => ({ name: `org.apache.kafka.connect.data.${of}`, version: 1 });

/** The cursor of whatever is being read; readers never overlap. */
const cursor = { at: 0 };

function multiplied(micros: number, nanosPerUnit: number): number | bigint {
  const product = micros * nanosPerUnit;
  return Number.isSafeInteger(product)
    ? product
    : safeInteger(BigInt(micros) * BigInt(nanosPerUnit));
}

/**
 * `date`. A snapshot loses `BC`, as Java's `java.sql.Date.toLocalDate` does.
 * @param isSnapshot whether the value comes from a query and not from the log
 */
export function dateForm(mode: TimePrecisionMode, isSnapshot: boolean): TypeForm {
  const infinities = INFINITE_DAY[isSnapshot ? "snapshot" : "streaming"];
  const day: (bytes: Buffer, at: number, length: number) => number = (bytes, at, length) => {
    const never = infinite(bytes, at);
    if (never !== undefined) return infinities[never].day;
    cursor.at = at;
    return readDay(bytes, cursor, !isSnapshot && isBeforeChrist(bytes, at, length));
  };
  if (mode === "connect") {
    return {
      schema: { type: "INT32", ...connect("Date") },
      zero: EPOCH,
      read: (...place) => dateOf(day(...place) * 86_400_000),
    };
  }
  if (mode === "isostring") {
    const read: ValueReader = (bytes, at, length) => {
      const never = infinite(bytes, at);
      return never === undefined ? `${dayText(day(bytes, at, length))}Z` : infinities[never].text;
    };
    return { schema: { type: "STRING", ...name("IsoDate") }, zero: "1970-01-01Z", read };
  }
  return { schema: { type: "INT32", ...name("Date") }, zero: 0, read: day };
}

/** `time`. @param digits of the fraction that the column keeps */
export function timeForm(mode: TimePrecisionMode, digits: number): TypeForm {
  const micros = (bytes: Buffer, at: number, length: number) => {
    cursor.at = at;
    return readTimeOfDay(bytes, cursor, at + length);
  };
  switch (mode) {
    case "connect":
      return {
        schema: { type: "INT32", ...connect("Time") },
        zero: EPOCH,
        read: (...place) => new Date(Math.floor(micros(...place) / 1000)),
      };
    case "isostring": {
      // The end of a day is the beginning of one there.
      const read: ValueReader = (...place) =>
        `${timeText(micros(...place) % MICROS_PER_DAY, undefined)}Z`;
      return { schema: { type: "STRING", ...name("IsoTime") }, zero: "00:00:00Z", read };
    }
    case "nanoseconds": {
      const read: ValueReader = (...place) => multiplied(micros(...place), 1000);
      return { schema: { type: "INT64", ...name("NanoTime") }, zero: 0, read };
    }
    case "adaptive":
      if (digits > 3) break;
      return {
        schema: { type: "INT32", ...name("Time") },
        zero: 0,
        read: (...place) => Math.floor(micros(...place) / 1000),
      };
    default:
  }
  return { schema: { type: "INT64", ...name("MicroTime") }, zero: 0, read: micros };
}

/** Makes the value of a timestamp, given in microseconds since the epoch, or of infinity. */
interface TimestampForm extends Omit<TypeForm, "read"> {
  readonly of: (micros: number | bigint) => unknown;
  readonly never: (which: Infinite) => unknown;
}

/** `timestamp`, which is taken as UTC. @param digits of the fraction that the column keeps */
export function timestampForm(mode: TimePrecisionMode, digits: number): TypeForm {
  const { of, never, ...form } = timestampValues(mode, digits);
  const read: ValueReader = (bytes, at, length) => {
    const which = infinite(bytes, at);
    if (which !== undefined) return never(which);
    return of(readMicros(bytes, at, length));
  };
  return { ...form, read };
}

/** Exact, too, of the far years that numbers only come near to: from 2255 on. */
function readMicros(bytes: Buffer, at: number, length: number): number | bigint {
  // `2024-02-29 13:14:15`, the usual case, has its parts at known places.
  if (bytes[at + 4] === 45 && bytes[at + 10] === 32 && !isBeforeChrist(bytes, at, length)) {
    const day = epochDay(
      readDigits(bytes, at, 4),
      readDigits(bytes, at + 5, 2),
      readDigits(bytes, at + 8, 2),
    );
    cursor.at = at + 11;
    return exact(day, readTimeOfDay(bytes, cursor, at + length));
  }
  cursor.at = at;
  const day = readDay(bytes, cursor, isBeforeChrist(bytes, at, length));
  cursor.at += 1;
  return exact(day, readTimeOfDay(bytes, cursor, at + length));
}

function exact(day: number, time: number): number | bigint {
  const micros = day * MICROS_PER_DAY + time;
  if (Number.isSafeInteger(micros)) return micros;
  return BigInt(day) * BigInt(MICROS_PER_DAY) + BigInt(time);
}

/** Divides, and rounds down. */
function divided(micros: number | bigint, by: number): number {
  if (typeof micros === "number") return Math.floor(micros / by);
  const divisor = BigInt(by);
  const isRounded = micros < 0n && micros % divisor !== 0n;
  return Number(micros / divisor - (isRounded ? 1n : 0n));
}

/** Nanoseconds, or null where 64 bits do not hold them: Java's arithmetic fails there. */
function nanosOf(micros: number | bigint): number | bigint | null {
  const nanos = BigInt(micros) * 1000n;
  return BigInt.asIntN(64, nanos) === nanos ? safeInteger(nanos) : null;
}

/** Microseconds in 64 bits: Java stops at the largest whole second, then adds the fraction to it. */
function wrapped(micros: bigint): number | bigint {
  if (micros < 2n ** 63n) return safeInteger(micros);
  const fraction = micros % 1_000_000n;
  return BigInt.asIntN(64, 2n ** 63n - 1n + fraction);
}

function timestampValues(mode: TimePrecisionMode, digits: number): TimestampForm {
  switch (mode) {
    case "connect":
      return {
        schema: { type: "INT64", ...connect("Timestamp") },
        zero: EPOCH,
        of: (micros) => dateOf(divided(micros, 1000)),
        never: (which) => dateOf(Number(INFINITE_MS[which])),
      };
    case "isostring":
      return {
        schema: { type: "STRING", ...name("IsoTimestamp") },
        zero: "1970-01-01T00:00:00Z",
        of: (micros) => isoText(micros, undefined),
        never: (which) =>
          which === "infinity" ? "+292278994-08-16T23:00:00Z" : "-292275055-05-16T23:00:00Z",
      };
    case "nanoseconds":
      return {
        schema: { type: "INT64", ...name("NanoTimestamp") },
        zero: 0,
        canFail: true,
        of: nanosOf,
        never: (which) => INFINITE_LONG[which],
      };
    case "adaptive":
    case "adaptive_time_microseconds":
      if (digits > 3) break;
      return {
        schema: { type: "INT64", ...name("Timestamp") },
        zero: 0,
        of: (micros) => divided(micros, 1000),
        never: (which) => INFINITE_MS[which],
      };
    default:
  }
  return {
    schema: { type: "INT64", ...name("MicroTimestamp") },
    zero: 0,
    of: (micros) => (typeof micros === "number" ? micros : wrapped(micros)),
    never: (which) => INFINITE_LONG[which],
  };
}

function isoText(micros: number | bigint, digits: number | undefined): string {
  const day = divided(micros, MICROS_PER_DAY);
  const time =
    typeof micros === "number"
      ? micros - day * MICROS_PER_DAY
      : Number(micros - BigInt(day) * BigInt(MICROS_PER_DAY));
  return `${dayText(day)}T${timeText(time, digits)}Z`;
}

/** `timestamptz`: text in UTC, whatever the mode. The session's time zone is UTC. */
export function zonedTimestampForm(digits: number): TypeForm {
  const zero = isoText(0, digits);
  const read: ValueReader = (bytes, at, length) => {
    const which = infinite(bytes, at);
    if (which !== undefined) return which;
    // `2024-02-29 11:14:15.123456+00` only lacks its T and Z.
    if (digits === 6 && length === 29 && bytes[at + 27] === 48 && bytes[at + 28] === 48) {
      return `${bytes.toString("latin1", at, at + 10)}T${bytes.toString("latin1", at + 11, at + 26)}Z`;
    }
    const end = at + length;
    const micros = readMicros(bytes, at, length);
    const offset = readOffset(bytes, cursor, end) * 1_000_000;
    const utc = typeof micros === "number" ? micros - offset : micros - BigInt(offset);
    return isoText(utc, digits);
  };
  return { schema: { type: "STRING", ...name("ZonedTimestamp") }, zero, read };
}

/** `timetz`: text in UTC, whatever the mode. */
export function zonedTimeForm(): TypeForm {
  const read: ValueReader = (bytes, at, length) => {
    const end = at + length;
    cursor.at = at;
    const local = readTimeOfDay(bytes, cursor, end);
    const offset = readOffset(bytes, cursor, end) * 1_000_000;
    if (local === MICROS_PER_DAY && offset === 0) return "24:00:00Z";
    const micros = (((local - offset) % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
    return `${timeText(micros, undefined)}Z`;
  };
  return { schema: { type: "STRING", ...name("ZonedTime") }, zero: "00:00:00Z", read };
}
