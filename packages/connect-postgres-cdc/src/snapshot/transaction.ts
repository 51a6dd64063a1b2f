import { RetriableError } from "@millrace/connect-api";
import type { ListedTable } from "../catalog/tables.ts";
import { type Connection, quoteName, quoteText } from "../client.ts";
import type { Config } from "../config.ts";
import { now } from "../event/clock.ts";
import { parseLsn } from "../wire/messages.ts";

/** What a snapshot sees. */
export interface SnapshotMoment {
  readonly lsn: number;
  readonly txId: number | null;
  readonly timeMicros: number;
}

const ISOLATION = {
  serializable: "SERIALIZABLE, READ ONLY, DEFERRABLE",
  repeatable_read: "REPEATABLE READ, READ ONLY",
  read_committed: "READ COMMITTED, READ ONLY",
  read_uncommitted: "READ UNCOMMITTED, READ ONLY",
} as const;

/** A table's rows come in the order in which they lie, and a reader may wait for its turn. */
const IN_ORDER =
  "SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/**
 * Begins the transaction that a snapshot is read in.
 * @param snapshot the exported snapshot to see, or null to take one now
 */
export async function beginSnapshot(
  connection: Connection,
  config: Config,
  snapshot: string | null,
): Promise<void> {
  const attempted = "Could not begin the snapshot's transaction";
  if (snapshot === null) {
    await connection.query(
      `BEGIN; SET TRANSACTION ISOLATION LEVEL ${ISOLATION[config["snapshot.isolation.mode"]]}; ${IN_ORDER}`,
      attempted,
    );
    return;
  }
  try {
    await connection.query(
      `BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}; ${IN_ORDER}`,
      attempted,
    );
  } catch (cause) {
    // It ends with the session that has exported it; another try takes a snapshot of its own.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RetriableError(why, { cause });
  }
}

/** Begins a transaction whose snapshot other sessions can see, and names it. */
export async function exportSnapshot(connection: Connection): Promise<string> {
  const [row] = await connection.query(
    `BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${IN_ORDER}; SELECT pg_export_snapshot()`,
    "Could not export a snapshot",
  );
  return row?.[0] ?? "";
}

/** Where the log is now. Assigns no transaction id, so that it works on a standby too. */
export async function currentMoment(connection: Connection): Promise<SnapshotMoment> {
  const [row] = await connection.query(
    `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
       txid_snapshot_xmax(txid_current_snapshot())`,
    "Could not ask for the position in the log",
  );
  const { us } = now();
  return { lsn: parseLsn(row?.[0] ?? "0/0"), txId: Number(row?.[1] ?? 0), timeMicros: us };
}

/** The oldest transaction whose changes the session's snapshot may lack; of 64 bits. */
export async function oldestUnseen(connection: Connection): Promise<string> {
  const [row] = await connection.query(
    "SELECT txid_snapshot_xmin(txid_current_snapshot())",
    "Could not ask what the snapshot sees",
  );
  return row?.[0] ?? "0";
}

/**
 * Names the file that a table's rows lie in, and keeps it from being written anew.
 * @returns null where rows have no lasting place: partitioned tables, other ways of storage
 */
export async function holdFile(
  connection: Connection,
  { schema, name, oid, kind }: ListedTable,
): Promise<string | null> {
  if (kind === "p") return null;
  const attempted = `Could not look up the file of ${schema}.${name}`;
  // A user who may read some columns only may neither lock the table nor ask for places.
  const [heap] = await connection.query(
    `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
     WHERE c.oid = ${oid} AND a.amname = 'heap' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')`,
    attempted,
  );
  if (heap === undefined) return null;
  const [row] = await connection.query(
    `LOCK TABLE ONLY ${quoteName(schema)}.${quoteName(name)} IN ACCESS SHARE MODE;
     SELECT pg_catalog.pg_relation_filenode(${oid})`,
    attempted,
  );
  return row?.[0] ?? null;
}
