import { ConnectError, isConnectError, RetriableError } from "@millrace/connect-api";

/**
 * What an error of a database or driver is about. The first four may pass by themselves,
 * the same call may be tried again; the others stay until somebody changes something.
 */
export type FaultKind =
  /** The connection is lost or cannot be made; the session is of no use any more. */
  | "connection"
  /** The transaction was the victim of a deadlock or could not be serialized: run it again. */
  | "deadlock"
  /** A lock was not to be had in time. */
  | "lock-timeout"
  /** Out of connections, memory or disk, shutting down, cancelled. */
  | "transient"
  /** The server does not take this user, or not this password. */
  | "authentication"
  /** The user may not do this. */
  | "permission"
  /** There is no such table, column or database. */
  | "missing"
  /** A table or column that was to be made is there already. */
  | "exists"
  /** A value does not fit: out of range, not of the type, too long. */
  | "data"
  /** A row breaks a rule of its table: unique, not null, foreign key, check. */
  | "constraint"
  | "other";

const PASSING: ReadonlySet<FaultKind> = new Set([
  "connection",
  "deadlock",
  "lock-timeout",
  "transient",
]);

/** What an error means, and what to do about it. */
export interface Fault {
  readonly kind: FaultKind;
  /** What to change. */
  readonly remedy?: string;
}

/** An error as the driver tells it. */
export interface DriverError {
  readonly message: string;
  /** SQLSTATE, vendor code or Node's code; empty where there is none. */
  readonly code: string;
  /** The code with its name, for messages: `SQLSTATE 42P01`. */
  readonly label?: string;
}

/** How one dialect reads its errors. */
export interface Faults {
  /** For messages about connecting: `PostgreSQL`. */
  readonly title: string;
  read(error: Error): DriverError;
  judge(error: DriverError): Fault;
}

const faults = new WeakMap<ConnectError, Fault & { readonly code: string }>();

/** What kind of fault an error of a session is; undefined for one that no database gave. */
export function faultOf(error: unknown): (Fault & { readonly code: string }) | undefined {
  return isConnectError(error) ? faults.get(error) : undefined;
}

/**
 * Turns what the driver or the server says into an error of ours; errors of ours stay.
 * @param attempted what failed, e.g. `Could not read table public.users`
 * @param where `host:port/database`
 */
export function translate(
  dialect: Faults,
  error: unknown,
  attempted: string,
  where: string,
): ConnectError {
  if (isConnectError(error)) return error;
  const told = tell(dialect, error);
  const fault = networkFault(told.code) ?? dialect.judge(told);
  const said = told.label === undefined ? told.message : `${told.message} (${told.label})`;
  const text = `${attempted} (${where}): ${said}${fault.remedy ? `. ${fault.remedy}` : ""}`;
  const translated = PASSING.has(fault.kind)
    ? new RetriableError(text, { cause: error })
    : new ConnectError(text, { cause: error });
  faults.set(translated, { ...fault, code: told.code });
  return translated;
}

function tell(dialect: Faults, error: unknown): DriverError {
  if (!(error instanceof Error)) return { message: String(error), code: "" };
  // Several addresses of one host, each with its error.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return tell(dialect, error.errors[0]);
  }
  return dialect.read(error);
}

const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

function networkFault(code: string): Fault | undefined {
  if (!NETWORK.has(code)) return undefined;
  return { kind: "connection", remedy: "Check connection.url, and that the database runs" };
}

/** What Node says of certificates and of handshakes that fail. */
export const isTlsCode = (code: string): boolean =>
  /CERT|SIGNED|SIGNATURE|SSL|TLS|ISSUER/.test(code);
