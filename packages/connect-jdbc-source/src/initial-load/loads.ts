import { ConnectError, type Logger, type OffsetStorageReader } from "@millrace/connect-api";
import {
  type Dialect,
  pause,
  plainName,
  quoteName,
  quoteTable,
  type Session,
  type Sessions,
  type TableId,
} from "@millrace/jdbc-dialects";
import { incrementingColumn } from "../columns/incrementing-column.ts";
import { type Config, modeOf, usesIncrementing, usesTimestamp } from "../config.ts";
import { TimestampRange } from "../mode/timestamp-range.ts";
import { readPlaces } from "../offset.ts";
import { selectOptions } from "../settings.ts";
import { type LoadPlan, partPartition, placeAfter, rangeOf, readPartOffset } from "./plan.ts";
import type { LoadPart, StartingTable } from "./task-parts.ts";

export interface LoadsOptions {
  readonly dialect: Dialect;
  readonly sessions: Sessions;
  readonly config: Config;
  readonly offsets: OffsetStorageReader;
  readonly logger: Logger;
  /** Called when a first reading is done, so that the tasks are made anew. */
  readonly onDone: () => void;
}

/** How the tables are to be read now. */
export interface Division {
  /** Read as ever. */
  readonly tables: readonly TableId[];
  /** Of these, those whose first reading was shared out, with where they begin. */
  readonly starts: readonly StartingTable[];
  /** What is left of first readings. */
  readonly parts: readonly LoadPart[];
}

/** As many as the offsets of a first reading are looked for. */
const MOST_PARTS = 64;
/** Ranges of fewer numbers than this are not worth a task. */
const LEAST_RANGE = 1000n;
const WATCH_MS = 5000;

/** Knows which first readings are shared out among tasks, and how far they are. */
export class InitialLoads {
  readonly #options: LoadsOptions;
  readonly #ended = new AbortController();
  /** Plans that no offset tells of yet. */
  readonly #fresh = new Map<string, LoadPlan>();
  #tables: readonly TableId[] = [];
  #watching: Promise<void> | undefined;
  /** What is being asked of the database, one after the other on one connection. */
  #asking: Promise<unknown> = Promise.resolve();
  /** Parts left when it was logged last. */
  #told = 0;

  constructor(options: LoadsOptions) {
    this.#options = options;
  }

  /** Whether there may be any. */
  static isAskedFor(config: Config): boolean {
    return config["initial.load.tasks"] > 1 && usesIncrementing(modeOf(config));
  }

  /** @throws {ConnectError} when the database or the offsets cannot be asked */
  async divide(tables: readonly TableId[]): Promise<Division> {
    this.#tables = tables;
    const division = await this.#ask();
    if (loadingTables(division) > 0) this.#watching ??= this.#watch(loadingTables(division));
    return division;
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#options.sessions.drop();
    await this.#watching;
  }

  #ask(): Promise<Division> {
    const asked = this.#asking.then(() => this.#askNow());
    this.#asking = asked.catch(() => undefined);
    return asked;
  }

  async #askNow(): Promise<Division> {
    const { sessions } = this.#options;
    try {
      return await this.#divide(this.#tables, await sessions.get(this.#ended.signal));
    } finally {
      // Between two looks no connection is kept.
      await sessions.drop();
    }
  }

  async #divide(tables: readonly TableId[], session: Session): Promise<Division> {
    const { config, offsets } = this.#options;
    const places = await readPlaces(
      offsets,
      tables.map((table) => ({ table })),
    );
    const plain: TableId[] = [];
    const starts: StartingTable[] = [];
    const parts: LoadPart[] = [];
    for (const [i, table] of tables.entries()) {
      const load = places[i] === null ? await this.#loadOf(table, session) : undefined;
      if (load === undefined) {
        plain.push(table);
      } else if (load.left.length === 0) {
        plain.push(table);
        starts.push({ table, place: placeAfter(load.plan) });
      } else {
        parts.push(...load.left.map((part) => ({ table, part, plan: load.plan })));
      }
    }
    if (parts.length > 0 && parts.length !== this.#told) {
      this.#told = parts.length;
      const names = [...new Set(parts.map(({ table }) => plainName(table)))].join(", ");
      this.#options.logger.info(
        `First reading of ${names}: ${parts.length} parts, of up to ${config["initial.load.tasks"]} a table, are left`,
      );
    }
    return { tables: plain, starts, parts };
  }

  /** The plan for a table that has no offset of its own, and the parts that are left; undefined where it is read as ever. */
  async #loadOf(
    table: TableId,
    session: Session,
  ): Promise<{ plan: LoadPlan; left: readonly number[] } | undefined> {
    const numbers = Array.from({ length: MOST_PARTS }, (_, part) => part);
    const partitions = numbers.map((part) => partPartition(table, part));
    const found = await this.#options.offsets.offsets(partitions);
    const read = found.map((offset) =>
      offset === null ? undefined : readPartOffset(offset, `table ${plainName(table)}`),
    );
    const name = plainName(table);
    const plan = read.find((part) => part !== undefined)?.plan ?? this.#fresh.get(name);
    if (plan === undefined) {
      const made = await this.#plan(table, session);
      if (made === undefined) return undefined;
      this.#fresh.set(name, made);
      return { plan: made, left: numbers.slice(0, made.parts) };
    }
    const left = [];
    for (const part of numbers.slice(0, plan.parts)) {
      const { after, upTo } = rangeOf(plan, part);
      const position = read[part]?.position ?? after;
      // A row at the very end may have been deleted since: what counts is whether any is left.
      const isLeft = position < upTo && (await this.#hasRows(table, position, upTo, session));
      if (isLeft) left.push(part);
    }
    return { plan, left };
  }

  async #plan(table: TableId, session: Session): Promise<LoadPlan | undefined> {
    const { config } = this.#options;
    // Before the rows are looked at: what is changed later has a later time.
    const timestamp = usesTimestamp(modeOf(config)) ? await this.#now(session) : undefined;
    const column = await this.#column(table, session);
    const initial = BigInt(config["incrementing.initial"]);
    const [row] = await session.query(
      `SELECT MIN(${column}), MAX(${column}) FROM ${this.#name(table)} WHERE ${column} > ${initial}`,
    );
    const [low, high] = row ?? [];
    if (low === null || low === undefined || high === null || high === undefined) return undefined;
    const from = wholeOf(low) - 1n;
    const plan = {
      low: from < initial ? initial : from,
      high: wholeOf(high),
      parts: config["initial.load.tasks"],
      timestamp,
    };
    const isWorthIt = plan.high - plan.low >= LEAST_RANGE * BigInt(plan.parts);
    return isWorthIt ? plan : undefined;
  }

  async #now(session: Session): Promise<bigint> {
    const { config } = this.#options;
    const range = new TimestampRange({
      delayMs: config["timestamp.delay.interval.ms"],
      safe: config["watermark.safe"],
    });
    const now = await range.end(session);
    if (now !== null) return now;
    throw new ConnectError(
      "A prepared transaction is open in the database, so that nobody can say where reading by time may begin after the initial load; commit it or roll it back",
    );
  }

  async #hasRows(table: TableId, after: bigint, upTo: bigint, session: Session): Promise<boolean> {
    const column = await this.#column(table, session);
    const where = `${column} > ${after} AND ${column} <= ${upTo}`;
    const [row] = await session.query(
      `SELECT COUNT(*) FROM ${this.#name(table)} WHERE ${column} = (SELECT MIN(${column}) FROM ${this.#name(table)} WHERE ${where})`,
    );
    return wholeOf(row?.[0] ?? 0) > 0n;
  }

  /** In SQL. */
  async #column(table: TableId, session: Session): Promise<string> {
    const { dialect, config } = this.#options;
    const select = selectOptions(config);
    const columns = await session.describe({ table }, select);
    const name = incrementingColumn({ table }, columns, config);
    return quoteName(dialect.identifiers, name, select.quoting);
  }

  #name(table: TableId): string {
    const { dialect, config } = this.#options;
    return quoteTable(dialect.identifiers, table, selectOptions(config).quoting);
  }

  /** Looks now and then how far the parts are, until those of the last table are done. */
  async #watch(loading: number): Promise<void> {
    const { config, logger, onDone } = this.#options;
    const { signal } = this.#ended;
    for (let before = loading; before > 0;) {
      await pause(Math.min(WATCH_MS, config["table.poll.interval.ms"]), signal);
      if (signal.aborted) return;
      try {
        const now = loadingTables(await this.#ask());
        if (now < before) onDone();
        before = now;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn(`Could not look how far the initial load is: ${String(error)}`);
      }
    }
    this.#watching = undefined;
  }
}

const loadingTables = ({ parts }: Division): number =>
  new Set(parts.map(({ table }) => plainName(table))).size;

function wholeOf(value: unknown): bigint {
  return BigInt(String(value));
}
