import { type DriverError, type Fault, type Faults, isTlsCode } from "../faults.ts";

const MISSING_COLUMN = "Correct the column's name, or add the column";
const LOGIN = "Check connection.user and connection.password";

/** What errors mean, by the server's names for them (MySQL: "Server Error Message Reference"). */
const FAULTS: Readonly<Record<string, Fault>> = {
  ER_ACCESS_DENIED_ERROR: { kind: "authentication", remedy: LOGIN },
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: { kind: "authentication", remedy: LOGIN },
  ER_NOT_SUPPORTED_AUTH_MODE: { kind: "authentication", remedy: LOGIN },
  AUTH_SWITCH_PLUGIN_ERROR: { kind: "authentication", remedy: LOGIN },
  ER_DBACCESS_DENIED_ERROR: {
    kind: "permission",
    remedy: "GRANT access to the database to connection.user",
  },
  ER_TABLEACCESS_DENIED_ERROR: {
    kind: "permission",
    remedy: "GRANT what it takes on the table to connection.user",
  },
  ER_COLUMNACCESS_DENIED_ERROR: {
    kind: "permission",
    remedy: "GRANT what it takes on the table to connection.user",
  },
  ER_SPECIFIC_ACCESS_DENIED_ERROR: { kind: "permission", remedy: "GRANT it to connection.user" },
  ER_VIEW_INVALID: { kind: "permission", remedy: "Check the view, and the rights of its definer" },
  ER_BAD_DB_ERROR: {
    kind: "missing",
    remedy: "Correct the database's name in connection.url, or create it",
  },
  ER_NO_SUCH_TABLE: {
    kind: "missing",
    remedy: "Create the table, or take it out of the configuration, and restart the connector",
  },
  ER_BAD_TABLE_ERROR: { kind: "missing" },
  ER_BAD_FIELD_ERROR: { kind: "missing", remedy: MISSING_COLUMN },
  ER_TABLE_EXISTS_ERROR: { kind: "exists" },
  ER_DUP_FIELDNAME: { kind: "exists" },
  ER_PARSE_ERROR: {
    kind: "other",
    remedy: "If a name is a reserved word, set quote.sql.identifiers to always",
  },
  ER_LOCK_DEADLOCK: { kind: "deadlock" },
  ER_LOCK_WAIT_TIMEOUT: { kind: "lock-timeout" },
  ER_LOCK_NOWAIT: { kind: "lock-timeout" },
  ER_CHECKREAD: { kind: "deadlock" },
  ER_CON_COUNT_ERROR: { kind: "transient" },
  ER_TOO_MANY_USER_CONNECTIONS: { kind: "transient" },
  ER_USER_LIMIT_REACHED: { kind: "transient" },
  ER_OUT_OF_RESOURCES: { kind: "transient" },
  ER_OUTOFMEMORY: { kind: "transient" },
  ER_DISK_FULL: { kind: "transient" },
  ER_RECORD_FILE_FULL: { kind: "transient" },
  ER_QUERY_INTERRUPTED: { kind: "transient" },
  ER_QUERY_TIMEOUT: { kind: "transient" },
  ER_STATEMENT_TIMEOUT: { kind: "transient" },
  ER_OPTION_PREVENTS_STATEMENT: { kind: "transient" }, // read-only while it changes places
  ER_TABLE_DEF_CHANGED: { kind: "transient" },
  ER_NEED_REPREPARE: { kind: "transient" },
  ER_SERVER_SHUTDOWN: { kind: "connection" },
  ER_NORMAL_SHUTDOWN: { kind: "connection" },
  ER_SHUTDOWN_COMPLETE: { kind: "connection" },
  ER_CONNECTION_KILLED: { kind: "connection" },
  ER_CLIENT_INTERACTION_TIMEOUT: { kind: "connection" },
  ER_NET_READ_ERROR: { kind: "connection" },
  ER_NET_READ_INTERRUPTED: { kind: "connection" },
  ER_NET_WRITE_INTERRUPTED: { kind: "connection" },
  ER_NET_ERROR_ON_WRITE: { kind: "connection" },
  ER_NET_PACKET_TOO_LARGE: { kind: "data", remedy: "Raise the server's max_allowed_packet" },
  ER_TOO_LONG_KEY: { kind: "data" },
  ER_DUP_ENTRY: { kind: "constraint" },
  ER_DUP_ENTRY_WITH_KEY_NAME: { kind: "constraint" },
  ER_BAD_NULL_ERROR: { kind: "constraint" },
  ER_NO_DEFAULT_FOR_FIELD: { kind: "constraint" },
  ER_NO_REFERENCED_ROW: { kind: "constraint" },
  ER_NO_REFERENCED_ROW_2: { kind: "constraint" },
  ER_ROW_IS_REFERENCED: { kind: "constraint" },
  ER_ROW_IS_REFERENCED_2: { kind: "constraint" },
  ER_CHECK_CONSTRAINT_VIOLATED: { kind: "constraint" },
  ER_CONSTRAINT_FAILED: { kind: "constraint" },
  // The driver's own.
  PROTOCOL_CONNECTION_LOST: { kind: "connection" },
  PROTOCOL_PACKETS_OUT_OF_ORDER: { kind: "connection" },
  PROTOCOL_SEQUENCE_TIMEOUT: { kind: "connection" },
  HANDSHAKE_NO_SSL_SUPPORT: {
    kind: "other",
    remedy: "Turn on TLS in the server, or set connection.sslMode to PREFERRED or DISABLED",
  },
};

/** What follows from the SQLSTATE, or its class, where the name says nothing. */
const BY_SQLSTATE: Readonly<Record<string, Fault>> = {
  "08": { kind: "connection" },
  "22": { kind: "data" },
  "23": { kind: "constraint" },
  "40": { kind: "deadlock" },
  "28": { kind: "authentication", remedy: LOGIN },
};

/** Numbers that the driver has no name for, or another one. */
const BY_NUMBER: Readonly<Record<number, Fault>> = {
  1021: { kind: "transient" },
  1053: { kind: "connection" },
  1927: { kind: "connection" },
  1969: { kind: "transient" }, // MariaDB: max_statement_time
  3024: { kind: "transient" },
  3169: { kind: "connection" },
  4031: { kind: "connection" },
};

const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [
    /closed state|Connection lost|was lost$|given up$|closed the connection/,
    { kind: "connection" },
  ],
];

interface MysqlError extends DriverError {
  readonly sqlState: string;
  readonly number: number | undefined;
}

export const MYSQL_FAULTS: Faults = {
  title: "MySQL",
  read: readMysqlError,
  judge: (told) => {
    const { code, message, sqlState, number } = told as MysqlError;
    const known =
      FAULTS[code] ??
      (number === undefined ? undefined : BY_NUMBER[number]) ??
      WORDS.find(([words]) => words.test(message))?.[1] ??
      BY_SQLSTATE[sqlState.slice(0, 2)];
    if (known !== undefined) return known;
    if (!isTlsCode(code)) return { kind: "other" };
    return { kind: "other", remedy: "Check connection.sslMode and connection.serverSslCert" };
  },
};

function readMysqlError(error: Error): MysqlError {
  const { code, errno, sqlState } = error as Error & {
    code?: unknown;
    errno?: unknown;
    sqlState?: unknown;
  };
  const name = typeof code === "string" ? code : "";
  const number = typeof errno === "number" && errno > 0 ? errno : undefined;
  const state = typeof sqlState === "string" ? sqlState.replace(/^#/, "") : "";
  return {
    message: error.message,
    code: name === "HANDSHAKE_SSL_ERROR" ? "TLS" : name,
    sqlState: state,
    number,
    ...(state !== "" && { label: `${name || "error"} ${number ?? ""}, SQLSTATE ${state}` }),
  };
}
