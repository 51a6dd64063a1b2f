import { RetriableError } from "@millrace/connect-api";
import { type Connection, quoteText } from "../client.ts";
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
      `BEGIN; SET TRANSACTION ISOLATION LEVEL ${ISOLATION[config["snapshot.isolation.mode"]]}`,
      attempted,
    );
    return;
  }
  try {
    await connection.query(
      `BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}`,
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
    "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT pg_export_snapshot()",
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
