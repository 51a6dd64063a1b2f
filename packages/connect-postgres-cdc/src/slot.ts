import { randomBytes } from "node:crypto";
import { ConfigError, ConnectError, type Logger } from "@millrace/connect-api";
import { type Connection, quoteText } from "./client.ts";
import type { Config } from "./config.ts";
import { detailsOf } from "./faults.ts";
import type { CdcOffset } from "./offset.ts";
import { lsnText, parseLsn } from "./wire/messages.ts";

/** The first versions that have what is asked for (`server_version_num`). */
const WAL_STATUS_SINCE = 130_000;
const SLOT_OPTIONS_SINCE = 150_000;
const FAILOVER_SINCE = 170_000;
/** `configuration_limit_exceeded`: max_replication_slots. */
const NO_ROOM = "53400";

/** A replication slot, as the server describes it. */
export interface Slot {
  readonly plugin: string;
  readonly database: string;
  /** Process that reads from it now. */
  readonly activePid: number | null;
  /** Where it goes on at the earliest. */
  readonly confirmedLsn: number;
  /** From where on it holds back the log; null where that is lost. */
  readonly restartLsn: number | null;
  /** `reserved`, `extended`, `unreserved`, `lost`; undefined before PostgreSQL 13. */
  readonly walStatus: string | undefined;
}

/** What a new slot begins with. */
export interface NewSlot {
  /** Every transaction is either in the snapshot of this moment or will be streamed. */
  readonly consistentLsn: number;
  /** Name of that snapshot, while the connection does nothing else; null where none was asked for. */
  readonly snapshot: string | null;
}

export async function findSlot(
  connection: Connection,
  name: string,
  version: number,
): Promise<Slot | undefined> {
  const status = version >= WAL_STATUS_SINCE ? "wal_status" : "NULL";
  const [row] = await connection.query(
    `SELECT plugin, database, active_pid, confirmed_flush_lsn, restart_lsn, ${status}
     FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteText(name)}`,
    `Could not look up replication slot ${name}`,
  );
  if (row === undefined) return undefined;
  const [plugin, database, pid, confirmed, restart, walStatus] = row;
  return {
    plugin: plugin ?? "",
    database: database ?? "",
    activePid: pid ? Number(pid) : null,
    confirmedLsn: confirmed ? parseLsn(confirmed) : 0,
    restartLsn: restart ? parseLsn(restart) : null,
    walStatus: walStatus ?? undefined,
  };
}

/** @throws {ConnectError} when the slot is not one of ours */
export function checkSlot(slot: Slot, config: Config): void {
  const name = config["slot.name"];
  const database = config["database.dbname"];
  if (slot.database !== database) {
    throw new ConfigError(
      "slot.name",
      name,
      `The slot belongs to database ${slot.database || "(none: it is a physical slot)"}, not to ${database}. Choose another name`,
    );
  }
  if (slot.plugin !== "pgoutput") {
    throw new ConfigError(
      "slot.name",
      name,
      `The slot was made for the plugin ${slot.plugin}, and only pgoutput is spoken. Choose another name, or drop the slot and have a new snapshot taken`,
    );
  }
}

/** @param replication a replication connection; it keeps the snapshot until its next command */
export async function createSlot(
  replication: Connection,
  config: Config,
  version: number,
  exportsSnapshot: boolean,
): Promise<NewSlot> {
  const name = config["slot.name"];
  const isFailover = config["slot.failover"];
  if (isFailover && version < FAILOVER_SINCE) {
    throw new ConfigError(
      "slot.failover",
      true,
      "Slots that standbys follow need PostgreSQL 17 or newer",
    );
  }
  const options =
    version >= SLOT_OPTIONS_SINCE
      ? `(SNAPSHOT '${exportsSnapshot ? "export" : "nothing"}'${isFailover ? ", FAILOVER true" : ""})`
      : exportsSnapshot
        ? "EXPORT_SNAPSHOT"
        : "NOEXPORT_SNAPSHOT";
  return create(replication, name, `LOGICAL pgoutput ${options}`);
}

/**
 * A slot that ends with its connection, for the snapshot that it exports.
 * @returns undefined where the server has no room for one more
 */
export async function createTemporarySlot(
  replication: Connection,
  config: Config,
  version: number,
): Promise<NewSlot | undefined> {
  const name = `${config["slot.name"].slice(0, 40)}_${randomBytes(8).toString("hex")}`;
  const options = version >= SLOT_OPTIONS_SINCE ? "(SNAPSHOT 'export')" : "EXPORT_SNAPSHOT";
  try {
    return await create(replication, name, `TEMPORARY LOGICAL pgoutput ${options}`);
  } catch (error) {
    if (error instanceof Error && detailsOf(error.cause).code === NO_ROOM) return undefined;
    throw error;
  }
}

async function create(replication: Connection, name: string, as: string): Promise<NewSlot> {
  const [row] = await replication.query(
    `CREATE_REPLICATION_SLOT "${name}" ${as}`,
    `Could not create replication slot ${name}`,
  );
  return { consistentLsn: parseLsn(row?.[1] ?? "0/0"), snapshot: row?.[2] ?? null };
}

export async function dropSlot(connection: Connection, name: string): Promise<void> {
  await connection.query(
    `SELECT pg_catalog.pg_drop_replication_slot(${quoteText(name)})`,
    `Could not drop replication slot ${name}`,
  );
}

/** Why the slot no longer has what the offset needs; undefined where it does. */
export function lossOf(slot: Slot | undefined, config: Config): string | undefined {
  const name = config["slot.name"];
  if (slot === undefined) {
    return `Replication slot ${name} does not exist any more, so the changes since the stored offset are lost. Its creation anew would hide that`;
  }
  if (slot.walStatus === "lost" || slot.restartLsn === null) {
    return `Replication slot ${name} has lost log that it needs (max_slot_wal_keep_size), so changes since the stored offset are lost`;
  }
  return undefined;
}

export function lost(why: string): ConnectError {
  return new ConnectError(
    `${why}. Take a new snapshot: set snapshot.mode to when_needed, or stop the connector, drop the slot if it exists, and reset its offsets`,
  );
}

/**
 * Where to start the stream, by `offset.mismatch.strategy`.
 * @throws {ConnectError} where the slot is ahead and the offset is to be trusted
 */
export function startLsn(slot: Slot, offset: CdcOffset, config: Config, logger: Logger): number {
  const stored = offset.lastCommitLsn ?? 0;
  const { confirmedLsn } = slot;
  const strategy = config["offset.mismatch.strategy"];
  const positions = `The offset is at ${lsnText(stored)} and slot ${config["slot.name"]} at ${lsnText(confirmedLsn)}`;
  if (stored > 0 && confirmedLsn > stored) {
    if (strategy === "trust_offset") {
      throw new ConnectError(
        `${positions}: the slot does not have the changes in between any more, if there were any. Set offset.mismatch.strategy to trust_slot to go on without them, or take a new snapshot`,
      );
    }
    logger.info(
      `${positions}: nothing that is captured lies in between, unless the slot was made anew`,
    );
  }
  return strategy === "trust_slot" ? 0 : stored;
}
