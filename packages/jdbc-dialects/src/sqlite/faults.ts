import type { DriverError, Fault, Faults } from "../faults.ts";

/** What primary result codes mean (SQLite documentation, "Result and Error Codes"). */
const FAULTS: Readonly<Record<number, Fault>> = {
  5: { kind: "lock-timeout" }, // BUSY
  6: { kind: "lock-timeout" }, // LOCKED
  7: { kind: "transient" }, // NOMEM
  8: { kind: "permission", remedy: "Let the worker's user write the file, and its folder" },
  9: { kind: "transient" }, // INTERRUPT
  10: { kind: "transient" }, // IOERR
  11: { kind: "other", remedy: "The file is damaged: restore it" },
  13: { kind: "transient" }, // FULL
  14: {
    kind: "missing",
    remedy: "Check the path in connection.url, and that the worker's user may read the file",
  },
  17: { kind: "transient" }, // SCHEMA
  18: { kind: "data" }, // TOOBIG
  19: { kind: "constraint" },
  20: { kind: "data" }, // MISMATCH
  23: { kind: "permission" }, // AUTH
  26: { kind: "other", remedy: "The file is no SQLite database: check connection.url" },
};

/** The code ERROR says what it is about in words. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [
    /^no such table/,
    {
      kind: "missing",
      remedy: "Create the table, or take it out of the configuration, and restart the connector",
    },
  ],
  [/^no such column/, { kind: "missing", remedy: "Correct the column's name, or add the column" }],
  [/has no column named/, { kind: "missing" }],
  [/already exists|duplicate column name/, { kind: "exists" }],
  [/database is not open/, { kind: "connection" }],
];

interface SqliteError extends DriverError {
  readonly number: number;
}

export const SQLITE_FAULTS: Faults = {
  title: "SQLite",
  read: (error: Error): SqliteError => {
    const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
    const number = typeof errcode === "number" ? errcode : 0;
    return {
      message: error.message,
      code: number > 0 ? `SQLITE_${number & 0xff}` : typeof code === "string" ? code : "",
      number,
      ...(number > 0 && { label: `SQLite error ${number}` }),
    };
  },
  judge: (told) => {
    const { number, message } = told as SqliteError;
    // An extended code has the primary one in its low byte.
    const known = FAULTS[number & 0xff] ?? WORDS.find(([words]) => words.test(message))?.[1];
    return known ?? { kind: "other" };
  },
};
