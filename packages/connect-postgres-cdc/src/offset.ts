import { ConnectError, type SourceOffset } from "@millrace/connect-api";
import {
  readSnapshotProgress,
  type SnapshotProgress,
  writeSnapshotProgress,
} from "./snapshot/progress.ts";

/** How far the changes have been taken, in Debezium's names (`PostgresOffsetContext`). */
export interface CdcOffset {
  /** Of the last event. */
  readonly lsn: number | null;
  /** End of the last transaction that was taken whole. */
  readonly lastCommitLsn: number | null;
  readonly txId: number | null;
  /** Microseconds since the epoch. */
  readonly timeMicros: number | null;
  /** What the last event was: `INSERT`, `BEGIN`, `COMMIT` … */
  readonly messageType: string | null;
  /** How many changes of that lsn were taken: a COPY logs many rows at one. 0 where it is not told. */
  readonly eventsAtLsn: number;
  /** A snapshot has begun and not ended. */
  readonly isInSnapshot: boolean;
  /** How far it has come, where it can be gone on with. */
  readonly progress: SnapshotProgress | null;
  /** Events of each table in the transaction under way, where they are counted. */
  readonly transaction: ReadonlyMap<string, number> | null;
}

const ORDER_PREFIX = "transaction_data_collection_order_";

/** @throws {ConnectError} for an offset that an operator has altered and that is none of a log */
export function readOffset(stored: SourceOffset): CdcOffset {
  const number = (key: string): number | null => {
    const value = stored[key];
    if (value === null || value === undefined) return null;
    const parsed = Number(value);
    if (typeof value !== "object" && Number.isSafeInteger(parsed) && parsed >= 0) return parsed;
    throw new ConnectError(
      `The connector's offset has ${key} = ${JSON.stringify(value)}, which is no position in PostgreSQL's log. Stop the connector and alter or reset its offsets`,
    );
  };
  const snapshot = stored["snapshot"];
  const hasEnded = stored["last_snapshot_record"] === true || stored["snapshot_completed"] === true;
  const counts = Object.entries(stored).filter(([key]) => key.startsWith(ORDER_PREFIX));
  const lsn = number("lsn");
  const isInSnapshot =
    snapshot !== undefined &&
    snapshot !== null &&
    snapshot !== false &&
    snapshot !== "false" &&
    !hasEnded;
  return {
    lsn,
    lastCommitLsn: number("lsn_commit") ?? number("lsn_proc"),
    txId: number("txId"),
    timeMicros: number("ts_usec"),
    messageType: typeof stored["messageType"] === "string" ? stored["messageType"] : null,
    eventsAtLsn: number("lsn_events_processed") ?? 0,
    isInSnapshot,
    progress: isInSnapshot ? readSnapshotProgress(stored) : null,
    transaction:
      typeof stored["transaction_id"] === "string"
        ? new Map(counts.map(([key, n]) => [key.slice(ORDER_PREFIX.length), Number(n)]))
        : null,
  };
}

/** The offset as it is stored; what is not known is left out. */
export function writeOffset(offset: CdcOffset): SourceOffset {
  const { lsn, lastCommitLsn, txId, timeMicros, messageType, eventsAtLsn, transaction } = offset;
  return {
    ...(transaction !== null && { transaction_id: String(txId) }),
    ...Object.fromEntries([...(transaction ?? [])].map(([table, n]) => [ORDER_PREFIX + table, n])),
    ...(lastCommitLsn !== null && { lsn_proc: lastCommitLsn, lsn_commit: lastCommitLsn }),
    ...(messageType !== null && { messageType }),
    ...(lsn !== null && { lsn }),
    ...(eventsAtLsn > 0 && { lsn_events_processed: eventsAtLsn }),
    ...(txId !== null && { txId }),
    ...(timeMicros !== null && { ts_usec: timeMicros }),
    ...(offset.isInSnapshot && writeSnapshotState(false, offset.progress)),
  };
}

/** What an offset says of the snapshot that it is in, or that has ended with it. */
export function writeSnapshotState(
  isLast: boolean,
  progress: SnapshotProgress | null,
): SourceOffset {
  return {
    snapshot: "INITIAL",
    snapshot_completed: isLast,
    last_snapshot_record: isLast,
    ...(!isLast && writeSnapshotProgress(progress)),
  };
}

/** An offset of a snapshot: from there on the log is read once it has ended. */
export function writeSnapshotOffset(
  at: { lsn: number; txId: number | null; timeMicros: number },
  isLast: boolean,
  progress: SnapshotProgress | null = null,
): SourceOffset {
  return {
    lsn: at.lsn,
    ...(at.txId !== null && { txId: at.txId }),
    ts_usec: at.timeMicros,
    ...writeSnapshotState(isLast, progress),
  };
}

/** Whether both are the same place. */
export function sameOffset(a: CdcOffset, b: CdcOffset): boolean {
  return (
    a.lsn === b.lsn &&
    a.lastCommitLsn === b.lastCommitLsn &&
    a.messageType === b.messageType &&
    a.eventsAtLsn === b.eventsAtLsn
  );
}

/** Nothing was taken yet. */
export const NO_OFFSET: CdcOffset = {
  lsn: null,
  lastCommitLsn: null,
  txId: null,
  timeMicros: null,
  messageType: null,
  eventsAtLsn: 0,
  isInSnapshot: false,
  progress: null,
  transaction: null,
};
