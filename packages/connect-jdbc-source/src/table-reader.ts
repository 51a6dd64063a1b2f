import type { Logger, Schema, SourceRecord } from "@millrace/connect-api";
import type { ResultSet, SelectOptions, Session } from "@millrace/jdbc-dialects";
import type { Destination } from "./destination.ts";
import { withoutQuery } from "./masked-query.ts";
import type { TableMode } from "./mode/mode.ts";
import { sameOrNew } from "./schema.ts";

export interface TableReaderOptions {
  readonly destination: Destination;
  readonly mode: TableMode;
  readonly select: SelectOptions;
  readonly pollIntervalMs: number;
  /** A query that is a secret is read. */
  readonly masked: boolean;
  readonly logger: Logger;
}

/** Reads one table, or the user's query, result after result. */
export class TableReader {
  /** When to start the next result, in milliseconds since the epoch. */
  dueAt = 0;
  readonly #options: TableReaderOptions;
  readonly #mode: TableMode;
  readonly #warned = new Set<string>();
  #schema: Schema | null = null;
  #result: ResultSet | null = null;

  constructor(options: TableReaderOptions) {
    this.#options = options;
    this.#mode = options.mode;
  }

  get isReading(): boolean {
    return this.#result !== null;
  }

  /** Whether dropping the result now costs no record twice. */
  get resumable(): boolean {
    return this.#mode.resumable;
  }

  /**
   * The next records, after starting a result where none is open; null when it came to its
   * end without any. They count as given out: the caller must hand them on.
   */
  async next(session: Session): Promise<SourceRecord[] | null> {
    try {
      return await this.#next(session);
    } catch (error) {
      throw this.#options.masked ? withoutQuery(error) : error;
    }
  }

  /** Forgets a result whose session is gone; the next one starts where the mode says. */
  reset(): void {
    this.#result = null;
    this.#mode.reset();
  }

  async #next(session: Session): Promise<SourceRecord[] | null> {
    this.#result ??= await this.#open(session);
    while (this.#result !== null && this.#schema !== null) {
      const batch = await this.#result.next();
      if (batch === null) return this.#end(this.#schema);
      const records = this.#mode.records(batch, this.#schema);
      if (records.length > 0) return records;
    }
    this.#wait();
    return null;
  }

  #end(schema: Schema): SourceRecord[] | null {
    this.#result = null;
    const records = this.#mode.finish(schema);
    this.#wait();
    return records.length > 0 ? records : null;
  }

  #wait(): void {
    // The next page comes at once, but after other tables that have waited longer.
    this.dueAt = Date.now() + (this.#mode.hasMore ? 0 : this.#options.pollIntervalMs);
  }

  async #open(session: Session): Promise<ResultSet | null> {
    const { destination, select, logger } = this.#options;
    const selection = await this.#mode.selection(session);
    if (selection === null) return null;
    const result = await session.select(selection, select);
    this.#mode.prepare(result.fields);
    const schema = sameOrNew(this.#schema, result.fields, destination.schemaName);
    if (this.#schema !== null && schema !== this.#schema) {
      logger.info(`The columns of ${destination.what} have changed`);
    }
    this.#schema = schema;
    for (const { name, type } of result.dropped) this.#warnDropped(name, type);
    return result;
  }

  #warnDropped(column: string, type: string): void {
    if (this.#warned.has(column)) return;
    this.#warned.add(column);
    this.#options.logger.warn(
      `Column "${column}" of ${this.#options.destination.what} is left out: its type ${type} has no Connect type`,
    );
  }
}
