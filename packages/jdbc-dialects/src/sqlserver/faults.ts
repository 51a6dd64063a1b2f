import { type DriverError, type Fault, type Faults, isTlsCode } from "../faults.ts";

const LOGIN: Fault = {
  kind: "authentication",
  remedy: "Check connection.user and connection.password",
};

/** What errors mean, by number (SQL Server documentation, "Database Engine events and errors"). */
const FAULTS: Readonly<Record<number, Fault>> = {
  207: { kind: "missing", remedy: "Correct the column's name, or add the column" },
  208: {
    kind: "missing",
    remedy: "Create the table, or take it out of the configuration, and restart the connector",
  },
  229: { kind: "permission", remedy: "GRANT what it takes on the table to connection.user" },
  230: { kind: "permission", remedy: "GRANT what it takes on the column to connection.user" },
  297: { kind: "permission", remedy: "GRANT VIEW SERVER STATE to connection.user" },
  300: { kind: "permission", remedy: "GRANT VIEW SERVER STATE to connection.user" },
  515: { kind: "constraint" }, // null
  547: { kind: "constraint" }, // foreign key, check
  2601: { kind: "constraint" },
  2627: { kind: "constraint" },
  245: { kind: "data" },
  8114: { kind: "data" },
  8115: { kind: "data" },
  8152: { kind: "data" },
  2628: { kind: "data" },
  220: { kind: "data" },
  241: { kind: "data" },
  2705: { kind: "exists" },
  2714: { kind: "exists" },
  701: { kind: "transient" }, // memory
  1101: { kind: "transient" }, // disk
  1105: { kind: "transient" },
  1204: { kind: "transient" }, // locks
  1205: { kind: "deadlock" },
  1222: { kind: "lock-timeout" },
  3960: { kind: "deadlock" }, // snapshot
  4060: { kind: "missing", remedy: "Correct the database's name in connection.url, or create it" },
  18456: LOGIN,
  18470: LOGIN,
  10928: { kind: "transient" },
  10929: { kind: "transient" },
  40197: { kind: "connection" },
  40501: { kind: "transient" },
  40613: { kind: "connection" },
  6005: { kind: "connection" },
};

/** The driver's own. */
const BY_CODE: Readonly<Record<string, Fault>> = {
  ELOGIN: LOGIN,
  ECONNCLOSED: { kind: "connection" },
  ESOCKET: { kind: "connection", remedy: "Check connection.url, and that the database runs" },
  ETIMEOUT: { kind: "connection" },
  EINSTLOOKUP: { kind: "connection", remedy: "Check the instance in connection.url" },
  ECANCEL: { kind: "transient" },
  EENCRYPT: { kind: "other", remedy: "Check connection.encrypt" },
};

interface SqlServerError extends DriverError {
  readonly number: number;
}

export const SQLSERVER_FAULTS: Faults = {
  title: "SQL Server",
  read: (error: Error): SqlServerError => {
    const { code, number } = error as Error & { code?: unknown; number?: unknown };
    const known = typeof number === "number" ? number : 0;
    const name = known > 0 ? String(known) : typeof code === "string" ? code : "";
    const label = known > 0 ? { label: `error ${known}` } : {};
    return { message: error.message, code: name, number: known, ...label };
  },
  judge: (told) => {
    const { number, code } = told as SqlServerError;
    const known = FAULTS[number] ?? BY_CODE[code];
    if (known !== undefined) return known;
    if (!isTlsCode(code)) return { kind: "other" };
    return {
      kind: "other",
      remedy: "Check connection.encrypt and connection.trustServerCertificate",
    };
  },
};
