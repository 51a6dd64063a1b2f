import { ConnectError, isConnectError, RetriableError } from "@millrace/connect-api";

/** What an SQLSTATE means for the caller. */
interface Fault {
  readonly retriable: boolean;
  /** What to change. */
  readonly remedy?: string;
}

const passes: Fault = { retriable: true };
const stays = (remedy?: string): Fault => ({ retriable: false, ...(remedy && { remedy }) });

/**
 * What errors mean, by SQLSTATE or by its class, the first two characters (PostgreSQL
 * documentation, appendix A). What is not here will not pass by itself.
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  "08": passes, // connection exceptions
  "25P03": passes, // idle in transaction for too long
  "28": stays(
    "Check database.user, and what pg_hba.conf allows it: it needs a line for replication connections too",
  ),
  "28P01": stays("Check database.user and database.password"),
  "3D000": stays("Correct database.dbname, or create the database"),
  "40": passes, // serialization failure, deadlock, conflict with recovery on a standby
  "42501": stays(
    "Grant what is missing to database.user: the REPLICATION attribute, CREATE on the database and ownership of the tables for a publication, SELECT on the tables for a snapshot",
  ),
  "42710": passes, // somebody made the slot or publication at the same moment
  "53": passes, // out of connections, memory or disk
  "53400": stays(
    "Raise max_replication_slots or max_wal_senders of the server, or drop a slot that nobody uses",
  ),
  "55": passes, // not in the state it takes: locked, in use
  "55000": stays(),
  "57": passes, // cancelled, shutting down, starting up
  "57P04": stays("Correct database.dbname"), // dropped
  "58": passes, // input and output of the server
  "58P01": stays(
    "The server has removed log that the slot needs. Drop the slot, reset the connector's offsets or set snapshot.mode to when_needed, so that a new snapshot is taken",
  ),
  XX000: passes,
};

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

/** The driver's own errors have no code, and the server's 55000 stands for many things. */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/^Connection terminated|^timeout expired|was lost$|given up$|is not queryable$/, passes],
  [
    /due to statement timeout/,
    { retriable: true, remedy: "Raise database.query.timeout.ms, or see what holds the server up" },
  ],
  [/^SASL/, stays("Check database.user and database.password")],
  [
    /does not support SSL/,
    stays("Turn on ssl in the server, or set database.sslmode to prefer or disable"),
  ],
  [
    /can no longer (access|get changes from) replication slot/,
    stays(
      "The slot has lost log that it needs (max_slot_wal_keep_size). Drop it, and reset the connector's offsets or set snapshot.mode to when_needed, so that a new snapshot is taken",
    ),
  ],
];

/**
 * Turns what the driver or the server says into an error of ours; errors of ours stay.
 * @param attempted what failed, e.g. `Could not read table public.users`
 * @param where `host:port/database`
 */
export function translate(error: unknown, attempted: string, where: string): ConnectError {
  if (isConnectError(error)) return error;
  const { message, code } = detailsOf(error);
  const fault = WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? faultOf(code);
  const isSqlState = /^[0-9A-Z]{5}$/.test(code) && !NETWORK.has(code);
  const said = isSqlState ? `${message} (SQLSTATE ${code})` : message;
  const text = `${attempted} (${where}): ${said}${fault.remedy ? `. ${fault.remedy}` : ""}`;
  return fault.retriable
    ? new RetriableError(text, { cause: error })
    : new ConnectError(text, { cause: error });
}

function faultOf(code: string): Fault {
  const known = FAULTS[code] ?? FAULTS[code.slice(0, 2)];
  if (known !== undefined && code !== "") return known;
  if (NETWORK.has(code)) {
    return {
      retriable: true,
      remedy: "Check database.hostname and database.port, and that the server runs",
    };
  }
  if (/CERT|SIGNED|SIGNATURE|SSL|TLS|ISSUER/.test(code)) {
    return stays("Check database.sslmode and database.sslrootcert");
  }
  return stays();
}

/** Message and code of whatever was thrown. */
export function detailsOf(error: unknown): { message: string; code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: "" };
  // Several addresses of one host, each with its error.
  if (error instanceof AggregateError && error.errors.length > 0) return detailsOf(error.errors[0]);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { message: error.message, code };
}
