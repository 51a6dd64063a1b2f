import { ConnectError, isConnectError, RetriableError } from "@millrace/connect-api";
import {
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";

/** What MongoDB's error codes mean that pass by themselves: elections, shutdowns, time-outs, locks. */
const PASSING = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  43, // CursorNotFound
  50, // MaxTimeMSExpired
  63, // StaleShardVersion
  64, // WriteConcernTimeout
  89, // NetworkTimeout
  91, // ShutdownInProgress
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  150, // StaleEpoch
  175, // QueryPlanKilled
  189, // PrimarySteppedDown
  234, // RetryChangeStream
  262, // ExceededTimeLimit
  290, // TransactionExceededLifetimeLimitSeconds
  9001, // SocketException
  10_058, // legacy NotPrimary
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_602, // InterruptedDueToReplStateChange
  13_388, // StaleConfig
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
  14_031, // OutOfDiskSpace
  20_001, // of proxies: not available
]);

/** Of sockets: the driver hands on what Node says of one that ends while it is written to. */
const SOCKET_LOST = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "ENOTCONN"]);

/** What to do about errors that stay. */
const REMEDIES: Readonly<Record<number, string>> = {
  13: "Grant the user of connection.uri the rights for it",
  18: "Check user, password and authSource in connection.uri",
  8000: "Check user and password in connection.uri",
};

/** Whether the same call may succeed later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof MongoError)) return isSocketLost(error);
  // A server that is reached and refuses the user is no outage.
  if (remedyFor(error) !== undefined) return false;
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error.hasErrorLabel(MongoErrorLabel.RetryableWriteError) ||
    isPassingCode(error.code)
  );
}

function isSocketLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && SOCKET_LOST.has(String(error.code));
}

/** The same of an operation's own error within a bulk write. */
export function isPassingCode(code: unknown): boolean {
  return PASSING.has(Number(code));
}

/**
 * Turns what the driver says into an error of ours; those of ours stay.
 * @param what what was tried, for the message
 */
export function toConnectError(error: unknown, what: string): ConnectError {
  if (isConnectError(error)) return error;
  const { message } = error as Error;
  if (isPassing(error)) return new RetriableError(`${what}: ${message}`, { cause: error });
  const remedy = remedyFor(error);
  const code = error instanceof MongoServerError ? ` (error ${error.code})` : "";
  return new ConnectError(`${what}: ${message}${code}${remedy ? `. ${remedy}` : ""}`, {
    cause: error,
  });
}

/** The remedy of an error or of what caused it, as a refused login does no server found. */
function remedyFor(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const remedy = at instanceof MongoServerError ? REMEDIES[Number(at.code)] : undefined;
    if (remedy !== undefined) return remedy;
  }
  return undefined;
}

/** The code of a server's error, undefined for others. */
export function codeOf(error: unknown): number | undefined {
  return error instanceof MongoServerError ? Number(error.code) : undefined;
}
