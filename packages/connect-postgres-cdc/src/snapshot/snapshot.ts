import type { Logger, Props, SourceOffset, SourceRecord } from "@millrace/connect-api";
import { type ListedTable, loadTable } from "../catalog/tables.ts";
import { plainName } from "../catalog/table-id.ts";
import { loadTypes } from "../catalog/types.ts";
import { type Connection, quoteName } from "../client.ts";
import type { Config } from "../config.ts";
import { momentOf } from "../event/clock.ts";
import type { EventWriter } from "../event/event-writer.ts";
import type { PlanRules } from "../event/plan-rules.ts";
import { planTable, type TablePlan } from "../event/table-plan.ts";
import { unlessAborted } from "../pause.ts";
import type { PgTypes } from "../types/pg-type.ts";
import { RowStream } from "./row-stream.ts";
import { ProgressNotes, type SnapshotProgress } from "./progress.ts";
import { selectAll, statementOverrides, whereLeft } from "./statement.ts";
import {
  beginSnapshot,
  exportSnapshot,
  holdFile,
  oldestUnseen,
  type SnapshotMoment,
} from "./transaction.ts";

export interface SnapshotOptions {
  readonly config: Config;
  readonly props: Props;
  readonly rules: PlanRules;
  readonly writer: EventWriter;
  readonly logger: Logger;
  /** In the order in which they are read. */
  readonly tables: readonly ListedTable[];
  readonly moment: SnapshotMoment;
  /** Name of the exported snapshot that all sessions see; null where the first session takes one. */
  readonly exported: string | null;
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** SQL that rows of a table have to fulfil, by `schema.table`. */
  readonly conditions?: ReadonlyMap<string, string>;
  /** Whether it notes how far it has come. */
  readonly isResumable?: boolean;
  /** How far it had come before a restart. */
  readonly before?: SnapshotProgress | null;
  /**
   * The offset of its rows, null to leave the connector's as it is.
   * @param progress how far it has come, null where that is not noted
   */
  readonly offset: (isLast: boolean, progress: SnapshotProgress | null) => SourceOffset | null;
}

/** One session, and the table that it reads now. */
interface Reader {
  readonly connection: Connection;
  types: PgTypes;
  rows: RowStream | undefined;
  /** `schema.table` */
  table: string;
  /** Where its rows lie; null where their places are not noted. */
  file: string | null;
  /** The row before the one to come: only then is it known whether it was the table's last. */
  held: unknown[] | undefined;
  heldTid: string | null;
  isFirst: boolean;
}

/** Rows that are read in one go before the other sessions have their turn. */
const TURN = 512;
/** Ids of transactions are compared by their last 32 bits. */
const COMPARABLE = 2n ** 31n;

/** Reads the rows of tables as they are at one moment, several tables at a time if asked to. */
export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #waiting: ListedTable[];
  readonly #readers: Reader[] = [];
  /** The last row of the tables that have ended, which may be the last of all. */
  #last: { plan: TablePlan; row: unknown[]; table: string } | undefined;
  readonly #closed = new AbortController();
  #begun: Promise<void> | undefined;
  #notes: ProgressNotes | undefined;
  #count = 0;
  /** Since the last turn began: a turn may wait for one session while rows of another come. */
  #hasArrived = false;
  #wake: (() => void) | undefined;
  readonly #startedAt = performance.now();

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#overrides = statementOverrides(options.config, options.props);
    this.#waiting = [...options.tables];
  }

  /** How far it has come; what it was told at first until it has begun. */
  get progress(): SnapshotProgress | null {
    return this.#notes?.progress ?? this.#options.before ?? null;
  }

  /** Opens its sessions, which see one moment from then on. It goes on where a poll does not wait for it. */
  begin(): Promise<void> {
    this.#begun ??= this.#begin(this.#closed.signal);
    return this.#begun;
  }

  /**
   * The next rows; null when there are no more.
   * @throws {RetriableError} when a connection is lost: the snapshot has to begin anew
   */
  async next(signal: AbortSignal): Promise<SourceRecord[] | null> {
    const { writer, config, moment } = this.#options;
    const max = config["max.batch.size"];
    if ((await unlessAborted(this.begin(), signal)) === undefined) return [];
    Object.assign(writer.position, {
      lsn: moment.lsn,
      txId: moment.txId,
      lastCommitLsn: null,
      time: momentOf(moment.timeMicros),
      transaction: null,
    });
    for (;;) {
      writer.begin();
      let isBusy = true;
      while (isBusy && writer.count < max) {
        this.#hasArrived = false;
        isBusy = await this.#turn();
      }
      if (writer.count > 0) return writer.take(this.#options.offset(false, this.progress));
      if (this.#readers.length === 0) return this.#end();
      if (signal.aborted) return [];
      if (!this.#hasArrived) await this.#arrival(signal);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#begun?.catch(() => undefined);
    const readers = this.#readers.splice(0);
    await Promise.all(
      readers.map(({ connection, rows }) => connection.close(rows?.isOver === false)),
    );
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { config, connect, logger } = this.#options;
    let { exported } = this.#options;
    const wanted = config["snapshot.max.threads"];
    const count = Math.max(1, Math.min(wanted, this.#waiting.length));
    for (let i = 0; i < count; i++) {
      const connection = await connect(signal);
      const reader: Reader = {
        connection,
        types: new Map(),
        rows: undefined,
        table: "",
        file: null,
        held: undefined,
        heldTid: null,
        isFirst: true,
      };
      this.#readers.push(reader);
      if (exported === null && count > 1) exported = await exportSnapshot(connection);
      else await beginSnapshot(connection, config, exported);
      reader.types = await loadTypes(connection);
    }
    if (this.#options.isResumable === true) await this.#takeNotes(this.#readers[0]!.connection);
    await this.#lockTables();
    logger.info(`Snapshot of ${this.#waiting.length} tables begins`);
  }

  async #takeNotes(connection: Connection): Promise<void> {
    const { before = null, logger } = this.#options;
    const xmin = await oldestUnseen(connection);
    const isTooOld = before !== null && BigInt(xmin) - BigInt(before.xmin) >= COMPARABLE;
    if (isTooOld) logger.warn("The interrupted snapshot is too old to go on with: it begins anew");
    const notes = new ProgressNotes(xmin, isTooOld ? null : before);
    this.#notes = notes;
    const waiting = this.#waiting.filter((table) => !notes.isRead(plainName(table)));
    this.#waiting.splice(0, this.#waiting.length, ...waiting);
  }

  async #lockTables(): Promise<void> {
    const { config, tables } = this.#options;
    if (config["snapshot.locking.mode"] !== "shared" || tables.length === 0) return;
    const names = tables.map(({ schema, name }) => `${quoteName(schema)}.${quoteName(name)}`);
    await this.#readers[0]!.connection.query(
      `SET LOCAL lock_timeout = ${config["snapshot.lock.timeout.ms"]};
       LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`,
      "Could not lock the tables within snapshot.lock.timeout.ms",
    );
  }

  /** Gives each session its turn; false when none had a row. */
  async #turn(): Promise<boolean> {
    let hadRows = false;
    for (const reader of this.#readers.slice()) {
      if (reader.rows === undefined && !(await this.#nextTable(reader))) continue;
      if (this.#read(reader)) hadRows = true;
    }
    return hadRows;
  }

  /** Begins to read another table; false, and an end to the session, when there is none. */
  async #nextTable(reader: Reader): Promise<boolean> {
    const { rules } = this.#options;
    for (let table = this.#waiting.shift(); table !== undefined; table = this.#waiting.shift()) {
      const details = await loadTable(reader.connection, table.oid);
      // It was made after the moment that the snapshot sees: its rows will be streamed.
      if (details === undefined) continue;
      const { types } = reader;
      const plan = planTable({ id: table, ...details, types, isSnapshot: true }, rules);
      reader.table = plainName(table);
      reader.file = null;
      reader.isFirst = true;
      const sql =
        this.#overrides.get(plainName(table)) ?? (await this.#select(reader, table, plan));
      reader.rows = new RowStream(reader.connection, sql, plan, () => {
        this.#hasArrived = true;
        this.#wake?.();
      });
      reader.held = undefined;
      reader.heldTid = null;
      return true;
    }
    this.#readers.splice(this.#readers.indexOf(reader), 1);
    await reader.connection.close();
    return false;
  }

  async #select(reader: Reader, table: ListedTable, plan: TablePlan): Promise<string> {
    const notes = this.#notes;
    if (notes !== undefined) reader.file = await holdFile(reader.connection, table);
    if (notes !== undefined && reader.file !== null) {
      const tid = notes.goesOn(plainName(table), reader.file);
      reader.isFirst = tid === null;
      return selectAll(table, plan, ["ctid"]) + whereLeft(plan, tid, notes.xmin);
    }
    const condition = this.#options.conditions?.get(plan.name);
    return selectAll(table, plan) + (condition === undefined ? "" : ` WHERE ${condition}`);
  }

  #read(reader: Reader): boolean {
    const rows = reader.rows!;
    const { writer } = this.#options;
    let count = 0;
    let tid: string | null = null;
    for (; count < TURN; count++) {
      const row = rows.next();
      if (row === null) break;
      this.#flushLast();
      if (reader.held !== undefined) {
        const mark = !reader.isFirst
          ? "true"
          : this.#isFirst
            ? "first"
            : "first_in_data_collection";
        writer.read(rows.plan, reader.held, mark);
        reader.isFirst = false;
        this.#count += 1;
        tid = reader.heldTid;
      }
      reader.held = row;
      reader.heldTid = rows.tid;
    }
    if (tid !== null && reader.file !== null) {
      this.#notes?.gaveOut(reader.table, { tid, file: reader.file });
    }
    if (!rows.isOver) return count > 0;
    if (reader.held !== undefined) {
      this.#flushLast();
      this.#last = { plan: rows.plan, row: reader.held, table: reader.table };
      this.#count += 1;
    } else {
      this.#notes?.ended(reader.table);
    }
    reader.rows = undefined;
    return true;
  }

  /** Nothing was read, by this task or before a restart. */
  get #isFirst(): boolean {
    return this.#count === 0 && (this.#options.before ?? null) === null;
  }

  /** There is a row after it, so it is not the last of all. */
  #flushLast(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return;
    this.#options.writer.read(last.plan, last.row, "last_in_data_collection");
    this.#notes?.ended(last.table);
  }

  #end(): SourceRecord[] | null {
    const { writer, logger } = this.#options;
    const last = this.#last;
    if (last === undefined) {
      const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
      logger.info(`Snapshot has ended: ${this.#count} rows in ${seconds} s`);
      return null;
    }
    this.#last = undefined;
    writer.read(last.plan, last.row, "last");
    return writer.take(this.#options.offset(true, null));
  }

  async #arrival(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}
