import { randomUUID } from "node:crypto";
import { isConnectError, type Logger, type SourceOffset } from "@millrace/connect-api";
import type { CapturedTables } from "../captured-tables.ts";
import { plainName } from "../catalog/table-id.ts";
import { listTables, loadTable } from "../catalog/tables.ts";
import { loadTypes } from "../catalog/types.ts";
import { type Connection, quoteName, quoteText } from "../client.ts";
import type { Config } from "../config.ts";
import { now } from "../event/clock.ts";
import type { EventWriter } from "../event/event-writer.ts";
import type { PlanRules } from "../event/plan-rules.ts";
import { planTable, type TablePlan } from "../event/table-plan.ts";
import { NamePatterns } from "../patterns.ts";
import { type ChunkedTable, type ChunkKey, greatestKey, hasSeen, readChunk } from "./chunk.ts";
import { type Collection, readProgress, writeProgress } from "./progress.ts";
import type { SnapshotRequest } from "./signals.ts";

export interface IncrementalSnapshotOptions {
  readonly config: Config;
  readonly rules: PlanRules;
  readonly tables: CapturedTables;
  readonly writer: EventWriter;
  readonly connection: () => Promise<Connection>;
  readonly logger: Logger;
  /** What was stored, to go on with. */
  readonly stored: SourceOffset | null;
}

/** How many transactions back the keys of changes are kept. */
const RECENT_TRANSACTIONS = 1000;
/** From when on changes of a table are noted to its first chunk. */
const SETTLING_MS = 500;

/** The table that is read now. */
interface Current {
  readonly table: ChunkedTable;
  readonly upTo: ChunkKey;
}

/** A chunk between its two marks in the log. */
interface Window {
  readonly id: string;
  /** Rows by key, once they are read; those that change meanwhile are taken out. */
  rows: Map<string, unknown[]>;
  /** Keys of changes since the window was opened, before the rows were read. */
  readonly changed: Set<string>;
  last: ChunkKey | null;
  /** What the rows' query has seen. */
  snapshot: string | null;
  isOpen: boolean;
  isWhole: boolean;
}

/**
 * Reads tables chunk by chunk while their changes stream. Before and after a chunk is read
 * a mark is written into the signal table; what the log has between the two marks is newer
 * than what was read, so rows that change there are left out (the watermarks of DBLog).
 */
export class IncrementalSnapshot {
  readonly #options: IncrementalSnapshotOptions;
  readonly #waiting: Collection[] = [];
  #current: Current | undefined;
  #after: ChunkKey | null = null;
  #upTo: ChunkKey | null = null;
  #window: Window | undefined;
  /** The window's end was seen: its rows are told once the mark's transaction ends. */
  #isClosing = false;
  #isPaused = false;
  /** Keys that the latest transactions have changed in the table that is read. */
  readonly #recent: { readonly txId: number; readonly keys: Set<string> }[] = [];
  /** Transactions of before are visible to everybody by then. */
  #dueAt = 0;
  #working: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: IncrementalSnapshotOptions) {
    this.#options = options;
    const progress = readProgress(options.stored);
    this.#waiting.push(...progress.collections);
    this.#after = progress.after;
    this.#upTo = progress.upTo;
  }

  /** Milliseconds until a chunk may begin; Infinity where none waits for its time. */
  get dueInMs(): number {
    const isWaiting = this.isActive && !this.#isPaused && this.#window === undefined;
    return isWaiting ? Math.max(1, this.#dueAt - Date.now()) : Infinity;
  }

  get isActive(): boolean {
    return this.#waiting.length > 0;
  }

  /** What goes on after a restart. */
  get progress(): SourceOffset {
    return writeProgress(this.#waiting, this.#after, this.#upTo);
  }

  /** Adds the tables of a request to those that are to be read. */
  async request(request: SnapshotRequest): Promise<void> {
    const { connection, tables, logger } = this.#options;
    if (!this.isActive) this.#dueAt = Date.now() + SETTLING_MS;
    const listed = (await listTables(await connection())).filter((id) => tables.captures(id));
    for (const text of request.tables) {
      const pattern = new NamePatterns(text.replaceAll(",", "\\,"));
      const matching = listed.map(plainName).filter((name) => pattern.matches(name));
      if (matching.length === 0) {
        logger.warn(
          `Signal ${request.correlationId}: ${text} matches none of the captured tables, which are ${listed.map(plainName).join(", ")}`,
        );
      }
      for (const table of matching.filter((name) => !this.#isWaiting(name))) {
        const condition = request.conditions.find((item) =>
          new NamePatterns(item.table).matches(table),
        );
        this.#waiting.push({
          table,
          condition: condition?.filter ?? null,
          surrogateKey: request.surrogateKey,
          correlationId: request.correlationId,
        });
      }
    }
    if (this.isActive)
      logger.info(`Incremental snapshot of ${this.#waiting.map(({ table }) => table).join(", ")}`);
  }

  /** Leaves tables out, all of them where none is named. */
  stop(names: readonly string[]): void {
    const patterns = names.map((name) => new NamePatterns(name.replaceAll(",", "\\,")));
    const isMeant = ({ table }: Collection) =>
      patterns.length === 0 || patterns.some((pattern) => pattern.matches(table));
    const [first] = this.#waiting;
    if (first !== undefined && isMeant(first)) this.#leaveTable();
    const kept = this.#waiting.filter((item) => !isMeant(item));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    this.#options.logger.info(`Incremental snapshot stopped; left are ${kept.length} tables`);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Sees a mark in the log. @returns whether it was one of ours */
  marked(id: string): boolean {
    const window = this.#window;
    if (window === undefined) return false;
    if (id === `${window.id}-open`) window.isOpen = true;
    else if (id === `${window.id}-close`) this.#isClosing = true;
    else return false;
    return true;
  }

  /** Sees the deletion of a mark, which ends a window with `insert_delete`. */
  unmarked(id: string): void {
    if (id === `${this.#window?.id}-open`) this.#isClosing = true;
  }

  /** Sees a change in the log: what was read of the row is older. */
  changed(plan: TablePlan, row: unknown[]): void {
    const window = this.#window;
    if (plan.name !== this.#waiting[0]?.table) return;
    const key = keyText(plan, row);
    this.#remember(key);
    if (window?.isOpen !== true) return;
    window.changed.add(key);
    window.rows.delete(key);
  }

  /** Sees the end of a transaction: a window that it closes is told. */
  committed(lsn: number): void {
    const window = this.#window;
    if (!this.#isClosing || window === undefined) return;
    this.#isClosing = false;
    this.#window = undefined;
    const { writer } = this.#options;
    const plan = this.#current?.table.plan;
    if (plan === undefined) return;
    // What the log had before the window, and the chunk has not seen nevertheless.
    const { snapshot } = window;
    const unseen = this.#recent.filter(({ txId }) => snapshot !== null && !hasSeen(snapshot, txId));
    for (const { keys } of unseen) for (const key of keys) window.rows.delete(key);
    for (const row of window.rows.values()) {
      Object.assign(writer.position, { lsn, txId: null, lastCommitLsn: lsn, time: now() });
      writer.read(plan, row, "incremental");
    }
    this.#after = window.last ?? this.#after;
    if (window.isWhole) this.#endTable();
  }

  /**
   * Begins the next chunk where one is due, and goes on beside the stream.
   * @throws what a chunk before has failed with
   */
  advance(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const isDue =
      this.isActive && !this.#isPaused && this.#window === undefined && Date.now() >= this.#dueAt;
    if (!isDue || this.#working !== undefined) return;
    this.#working = this.#nextChunk()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#working = undefined;
      });
  }

  async close(): Promise<void> {
    await this.#working;
  }

  async #nextChunk(): Promise<void> {
    const { connection, config } = this.#options;
    const session = await connection();
    const current = await this.#table(session);
    const [collection] = this.#waiting;
    // A signal may have stopped it in the meantime.
    if (current === undefined || collection === undefined) return;
    const window: Window = {
      id: randomUUID(),
      rows: new Map(),
      changed: new Set(),
      last: null,
      snapshot: null,
      isOpen: false,
      isWhole: false,
    };
    this.#window = window;
    const openedAt = await this.#mark(session, collection, window.id, "open");
    const size = config["incremental.snapshot.chunk.size"];
    const chunk = await readChunk(session, current.table, this.#after, current.upTo, size);
    for (const row of chunk.rows) window.rows.set(keyText(current.table.plan, row), row);
    for (const key of window.changed) window.rows.delete(key);
    window.snapshot = chunk.snapshot;
    window.last = chunk.last;
    window.isWhole = chunk.rows.length < size;
    await this.#mark(session, collection, window.id, "close", openedAt);
  }

  /** The table to read, or undefined where the one that is next cannot be. */
  async #table(session: Connection): Promise<Current | undefined> {
    if (this.#current !== undefined) return this.#current;
    const [collection] = this.#waiting;
    if (collection === undefined) return undefined;
    try {
      const table = await this.#describe(session, collection);
      const upTo = this.#upTo ?? (table && (await greatestKey(session, table)));
      if (table === undefined || upTo === null || upTo === undefined) {
        this.#endTable();
        return undefined;
      }
      this.#upTo = upTo;
      this.#current = { table, upTo };
      return this.#current;
    } catch (error) {
      // A condition or a surrogate key that is wrong must not stop the stream.
      if (!isConnectError(error) || error.retriable) throw error;
      this.#options.logger.error(`Incremental snapshot of ${collection.table} is given up`, {
        error,
      });
      this.#endTable();
      return undefined;
    }
  }

  async #describe(session: Connection, collection: Collection): Promise<ChunkedTable | undefined> {
    const { rules, logger } = this.#options;
    const listed = (await listTables(session)).find((id) => plainName(id) === collection.table);
    const details = listed && (await loadTable(session, listed.oid));
    if (listed === undefined || details === undefined) {
      logger.warn(`There is no table ${collection.table} any more`);
      return undefined;
    }
    const types = await loadTypes(session);
    const plan = planTable({ id: listed, ...details, types, isSnapshot: true }, rules);
    const orderBy =
      collection.surrogateKey === null ? details.keyColumns : [collection.surrogateKey];
    if (orderBy.length === 0 || plan.key === null) {
      logger.warn(
        `Incremental snapshot of ${collection.table} is given up: it has no primary key. Name a unique column in message.key.columns and as surrogate-key of the signal`,
      );
      return undefined;
    }
    return { plan, orderBy, condition: collection.condition };
  }

  /** @returns when, as the mark says */
  async #mark(
    session: Connection,
    { correlationId, table: name }: Collection,
    id: string,
    which: "open" | "close",
    openedAt?: string,
  ): Promise<string> {
    const { config } = this.#options;
    const signals = config["signal.data.collection"] ?? "";
    const table = signals.split(".").map(quoteName).join(".");
    const attempted = `Could not write a mark into ${signals}`;
    const at = new Date().toISOString().replace("Z", "000000Z");
    if (
      which === "close" &&
      config["incremental.snapshot.watermarking.strategy"] === "insert_delete"
    ) {
      await session.query(`DELETE FROM ${table} WHERE id = ${quoteText(`${id}-open`)}`, attempted);
      return at;
    }
    const data = {
      openWindowTimestamp: openedAt ?? at,
      ...(which === "close" && { closeWindowTimestamp: at }),
      correlationId,
      dataCollectionId: name,
    };
    const pairs = Object.entries(data).map(
      ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    );
    const values = [`${id}-${which}`, `snapshot-window-${which}`, `{${pairs.join(", ")}}`];
    await session.query(
      `INSERT INTO ${table} VALUES (${values.map(quoteText).join(", ")})`,
      attempted,
    );
    return at;
  }

  #remember(key: string): void {
    const txId = this.#options.writer.position.txId ?? 0;
    const last = this.#recent.at(-1);
    if (last?.txId === txId) last.keys.add(key);
    else this.#recent.push({ txId, keys: new Set([key]) });
    if (this.#recent.length > RECENT_TRANSACTIONS) this.#recent.shift();
  }

  #endTable(): void {
    const done = this.#waiting[0]?.table;
    this.#leaveTable();
    this.#waiting.shift();
    this.#options.logger.info(`Incremental snapshot of ${done} has ended`);
  }

  #leaveTable(): void {
    this.#current = undefined;
    this.#recent.length = 0;
    this.#dueAt = Date.now() + SETTLING_MS;
    this.#after = null;
    this.#upTo = null;
    this.#window = undefined;
    this.#isClosing = false;
  }

  #isWaiting(name: string): boolean {
    return this.#waiting.some(({ table }) => table === name);
  }
}

function keyText(plan: TablePlan, row: unknown[]): string {
  const values = plan.keyPlaces.map((place) => row[place]);
  return JSON.stringify(values, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
