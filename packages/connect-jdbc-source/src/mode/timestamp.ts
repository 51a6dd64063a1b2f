import { type Schema, SourceRecord, Struct } from "@millrace/connect-api";
import type { Instant, Parameter, RowBatch, Selection, Session } from "@millrace/jdbc-dialects";
import type { Destination } from "../destination.ts";
import { timestampOffset } from "../offset.ts";
import type { Statements } from "../statement.ts";
import type { TableMode } from "./mode.ts";
import type { TimestampColumns } from "../columns/timestamp-columns.ts";
import type { TimestampRange } from "./timestamp-range.ts";

interface HeldRow {
  readonly row: unknown[];
  readonly instant: Instant;
}

/**
 * Rows changed since the last reading (Java: `TimestampTableQuerier`). An offset says that
 * everything up to its time is read. Several rows may have the same time, so each record
 * carries the time before its own until the next row is seen to be later: one row is held
 * back for that.
 */
export class TimestampMode implements TableMode {
  readonly hasMore = false;
  readonly #destination: Destination;
  readonly #statements: Statements;
  readonly #columns: TimestampColumns;
  readonly #range: TimestampRange;
  /** All rows up to here were given out. */
  #complete: Instant;
  /** Of the row given out last. */
  #given: Instant;
  #held: HeldRow | undefined;

  /** @param start rows later than this are read */
  constructor(
    destination: Destination,
    statements: Statements,
    columns: TimestampColumns,
    range: TimestampRange,
    start: Instant,
  ) {
    this.#destination = destination;
    this.#statements = statements;
    this.#columns = columns;
    this.#range = range;
    this.#complete = start;
    this.#given = start;
  }

  get resumable(): boolean {
    return this.#given === this.#complete;
  }

  async selection(session: Session): Promise<Selection | null> {
    const end = await this.#range.end(session);
    if (end === null) return null;
    const { sql, names } = this.#columns;
    const at = (instant: Instant) => this.#columns.at(instant);
    const where = (bind: (value: Parameter) => string) =>
      `${sql} > ${bind(at(this.#complete))} AND ${sql} < ${bind(at(end))}`;
    return this.#statements.some({ where, orderBy: `${sql} ASC` }, names);
  }

  prepare(): void {
    // The session has looked at the columns.
  }

  records({ rows, instants }: RowBatch, schema: Schema): SourceRecord[] {
    const records: SourceRecord[] = [];
    for (const [i, row] of rows.entries()) {
      // The condition leaves out rows without a time.
      const instant = instants[i] as Instant;
      if (this.#held !== undefined) records.push(this.#release(this.#held, instant, schema));
      this.#held = { row, instant };
    }
    return records;
  }

  finish(schema: Schema): SourceRecord[] {
    const held = this.#held;
    if (held === undefined) return [];
    this.#held = undefined;
    return [this.#release(held, null, schema)];
  }

  reset(): void {
    this.#held = undefined;
    this.#given = this.#complete;
  }

  /** @param next time of the row that follows; null where none does */
  #release({ row, instant }: HeldRow, next: Instant | null, schema: Schema): SourceRecord {
    this.#given = instant;
    if (next === null || next > instant) this.#complete = instant;
    return new SourceRecord({
      topic: this.#destination.topic,
      sourcePartition: this.#destination.partition,
      sourceOffset: timestampOffset(this.#complete),
      valueSchema: schema,
      value: Struct.of(schema, row),
    });
  }
}
