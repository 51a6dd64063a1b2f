import { type DriverError, type Fault, type Faults, isTlsCode } from "../faults.ts";

const LOGIN: Fault = {
  kind: "authentication",
  remedy: "Check connection.user and connection.password",
};
const CONNECTION: Fault = { kind: "connection" };

/** What errors mean, by the number after `ORA-` or `NJS-` (Oracle: "Database Error Messages"). */
const FAULTS: Readonly<Record<string, Fault>> = {
  "ORA-1": { kind: "constraint" },
  "ORA-54": { kind: "lock-timeout" },
  "ORA-60": { kind: "deadlock" },
  "ORA-904": { kind: "missing", remedy: "Correct the column's name, or add the column" },
  "ORA-942": {
    kind: "missing",
    remedy:
      "Create the table and GRANT SELECT on it to connection.user, or take it out of the configuration, and restart the connector",
  },
  "ORA-955": { kind: "exists" },
  "ORA-1017": LOGIN,
  "ORA-28000": LOGIN,
  "ORA-28001": LOGIN,
  "ORA-1031": { kind: "permission", remedy: "GRANT what it takes to connection.user" },
  "ORA-1400": { kind: "constraint" },
  "ORA-1407": { kind: "constraint" },
  "ORA-1430": { kind: "exists" },
  "ORA-1438": { kind: "data" },
  "ORA-1722": { kind: "data" },
  "ORA-1555": { kind: "transient" }, // snapshot too old
  "ORA-1652": { kind: "transient" },
  "ORA-1653": { kind: "transient" },
  "ORA-2290": { kind: "constraint" },
  "ORA-2291": { kind: "constraint" },
  "ORA-2292": { kind: "constraint" },
  "ORA-4031": { kind: "transient" },
  "ORA-8177": { kind: "deadlock" },
  "ORA-12899": { kind: "data" },
  "ORA-1013": { kind: "transient" }, // cancelled
  "ORA-20": { kind: "transient" },
  "ORA-18": { kind: "transient" },
  "ORA-30006": { kind: "lock-timeout" },
  "ORA-28": CONNECTION,
  "ORA-1033": CONNECTION,
  "ORA-1034": CONNECTION,
  "ORA-1089": CONNECTION,
  "ORA-1092": CONNECTION,
  "ORA-2396": CONNECTION,
  "ORA-3113": CONNECTION,
  "ORA-3114": CONNECTION,
  "ORA-3135": CONNECTION,
  "ORA-12514": {
    kind: "connection",
    remedy: "Check the service in connection.url, and that the database runs",
  },
  "ORA-12541": { kind: "connection", remedy: "Check connection.url, and that the listener runs" },
  "NJS-500": CONNECTION,
  "NJS-501": CONNECTION,
  "NJS-503": { kind: "connection", remedy: "Check connection.url, and that the database runs" },
  "NJS-510": CONNECTION,
  "NJS-511": CONNECTION,
  "NJS-521": CONNECTION,
  "NJS-3": CONNECTION,
  "NJS-18": { kind: "missing", remedy: "Check the service in connection.url" },
  "NJS-518": { kind: "missing", remedy: "Check the service in connection.url" },
};

export const ORACLE_FAULTS: Faults = {
  title: "Oracle",
  read: (error: Error): DriverError => {
    const [, family, digits] = /\b(ORA|NJS|DPI)-(\d+)/.exec(error.message) ?? [];
    const { code } = error as Error & { code?: unknown };
    const other = typeof code === "string" ? code : "";
    return {
      message: error.message,
      code: family === undefined ? other : `${family}-${Number(digits)}`,
    };
  },
  judge: ({ code }) => {
    const known = FAULTS[code];
    if (known !== undefined) return known;
    if (!isTlsCode(code)) return { kind: "other" };
    return { kind: "other", remedy: "Check tcps:// in connection.url, and NODE_EXTRA_CA_CERTS" };
  },
};
