import type { Logger, Schema, SourceRecord } from "@millrace/connect-api";
import type { ResultSet, SelectOptions, Session, TableId } from "./dialect/dialect.ts";
import type { TableMode } from "./mode/mode.ts";
import { sameOrNew } from "./schema.ts";
import { plainName } from "./tables.ts";

/** Reads one table, result after result. */
export class TableReader {
  readonly table: TableId;
  /** When to start the next result, in milliseconds since the epoch. */
  dueAt = 0;
  readonly #mode: TableMode;
  readonly #options: SelectOptions;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();
  #schema: Schema | null = null;
  #result: ResultSet | null = null;

  constructor(table: TableId, mode: TableMode, options: SelectOptions, logger: Logger) {
    this.table = table;
    this.#mode = mode;
    this.#options = options;
    this.#logger = logger;
  }

  get isReading(): boolean {
    return this.#result !== null;
  }

  /** Whether dropping the result now costs no record twice. */
  get resumable(): boolean {
    return this.#mode.resumable;
  }

  /**
   * The next records, after starting a result where none is open; null at its end. They
   * count as given out: the caller must hand them on.
   */
  async next(session: Session): Promise<SourceRecord[] | null> {
    this.#result ??= await this.#open(session);
    const rows = await this.#result.next();
    if (rows === null) {
      this.#result = null;
      return null;
    }
    return this.#schema === null ? null : this.#mode.records(rows, this.#schema);
  }

  /** Forgets a result whose session is gone; the next one starts where the mode says. */
  reset(): void {
    this.#result = null;
  }

  async #open(session: Session): Promise<ResultSet> {
    const result = await session.select(this.#mode.selection(), this.#options);
    this.#mode.prepare(result.fields);
    const schema = sameOrNew(this.#schema, result.fields, this.table.name);
    if (this.#schema !== null && schema !== this.#schema) {
      this.#logger.info(`The columns of table ${plainName(this.table)} have changed`);
    }
    this.#schema = schema;
    for (const { name, type } of result.dropped) this.#warnDropped(name, type);
    return result;
  }

  #warnDropped(column: string, type: string): void {
    if (this.#warned.has(column)) return;
    this.#warned.add(column);
    this.#logger.warn(
      `Column "${column}" of table ${plainName(this.table)} is left out: its type ${type} has no Connect type`,
    );
  }
}
