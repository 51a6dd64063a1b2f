import { type DriverError, type Fault, type Faults, isTlsCode } from "../faults.ts";

/**
 * What errors mean, by SQLSTATE or by its class, the first two characters (PostgreSQL
 * documentation, appendix A). What is not here will not pass by itself.
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  "08": { kind: "connection" },
  "21000": { kind: "data" }, // a statement touches a row twice
  "22": { kind: "data" },
  "23": { kind: "constraint" },
  "25P03": { kind: "connection" }, // idle in transaction for too long
  "28": { kind: "authentication", remedy: "Check connection.user, and what pg_hba.conf allows it" },
  "28P01": { kind: "authentication", remedy: "Check connection.user and connection.password" },
  "3D000": {
    kind: "missing",
    remedy: "Correct the database's name in connection.url, or create it",
  },
  "3F000": { kind: "missing", remedy: "Create the schema" },
  "40": { kind: "deadlock" }, // serialization failure, deadlock, conflict with recovery on a standby
  "42501": {
    kind: "permission",
    remedy: "GRANT what it takes on the table, and USAGE on its schema, to connection.user",
  },
  "42601": {
    kind: "other",
    remedy: "If a name is a reserved word, set quote.sql.identifiers to always",
  },
  "42701": { kind: "exists" },
  "42703": { kind: "missing", remedy: "Correct the column's name, or add the column" },
  "42P01": {
    kind: "missing",
    remedy: "Create the table, or take it out of the configuration, and restart the connector",
  },
  "42804": { kind: "data" }, // the column is of another type
  "42P07": { kind: "exists" },
  "42P10": {
    kind: "other",
    remedy: "The table needs a PRIMARY KEY or a UNIQUE constraint on the columns of pk.fields",
  },
  "53": { kind: "transient" }, // out of connections, memory or disk
  "55": { kind: "transient" }, // not in the state it takes: in use
  "55P03": { kind: "lock-timeout" },
  "57": { kind: "transient" }, // cancelled, shutting down, starting up
  "57P01": { kind: "connection" },
  "57P02": { kind: "connection" },
  "57P03": { kind: "connection" },
  "57P04": { kind: "missing", remedy: "Correct the database's name in connection.url" }, // dropped
  "58": { kind: "transient" }, // input and output of the server
};

/** The driver's own errors have no code. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [
    /^Connection terminated|^timeout expired|was lost$|given up$|is not queryable/,
    { kind: "connection" },
  ],
  [/^SASL/, { kind: "authentication", remedy: "Check connection.user and connection.password" }],
  [
    /does not support SSL/,
    {
      kind: "other",
      remedy: "Turn on ssl in the server, or set connection.sslmode to prefer or disable",
    },
  ],
];

export const POSTGRES_FAULTS: Faults = {
  title: "PostgreSQL",
  read: readPostgresError,
  judge: ({ code, message }: DriverError): Fault => {
    if (code === "") return WORDS.find(([words]) => words.test(message))?.[1] ?? { kind: "other" };
    const known = FAULTS[code] ?? FAULTS[code.slice(0, 2)];
    if (known !== undefined) return known;
    if (!isTlsCode(code)) return { kind: "other" };
    return { kind: "other", remedy: "Check connection.sslmode and connection.sslrootcert" };
  },
};

export function readPostgresError(error: Error): DriverError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const isSqlState = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/.test(code);
  return { message: error.message, code, ...(isSqlState && { label: `SQLSTATE ${code}` }) };
}
