import { type Schema, SourceRecord, Struct } from "@millrace/connect-api";
import type {
  Instant,
  Parameter,
  ResultField,
  RowBatch,
  Selection,
  Session,
} from "@millrace/jdbc-dialects";
import type { Destination } from "../destination.ts";
import { timestampOffset } from "../offset.ts";
import type { Statements } from "../statement.ts";
import type { TableMode } from "./mode.ts";
import { Pages } from "./pages.ts";
import type { TimestampColumns } from "../columns/timestamp-columns.ts";
import type { TimestampRange } from "./timestamp-range.ts";
import { IncrementingValues } from "../columns/whole-number.ts";

export interface TimestampIncrementingStart {
  readonly timestamp: Instant;
  readonly incrementing: bigint;
}

/**
 * Rows changed since the last reading, those of one time in the order of their number
 * (Java: `TimestampIncrementingTableQuerier`).
 */
export class TimestampIncrementingMode implements TableMode {
  readonly resumable = true;
  readonly #destination: Destination;
  readonly #statements: Statements;
  readonly #columns: TimestampColumns;
  readonly #column: string;
  readonly #values: IncrementingValues;
  readonly #range: TimestampRange;
  readonly #pages: Pages;
  #timestamp: Instant;
  #incrementing: bigint;

  /** @param pageRows rows to ask for at a time; 0 for all there are */
  constructor(
    destination: Destination,
    statements: Statements,
    columns: TimestampColumns,
    column: string,
    range: TimestampRange,
    start: TimestampIncrementingStart,
    pageRows: number,
  ) {
    this.#destination = destination;
    this.#statements = statements;
    this.#columns = columns;
    this.#column = column;
    this.#values = new IncrementingValues(destination.what, column);
    this.#range = range;
    this.#timestamp = start.timestamp;
    this.#incrementing = start.incrementing;
    this.#pages = new Pages(pageRows);
  }

  get hasMore(): boolean {
    return this.#pages.wasFull;
  }

  async selection(session: Session): Promise<Selection | null> {
    const limit = this.#pages.begin();
    const end = await this.#range.end(session);
    if (end === null) return null;
    const { sql, names } = this.#columns;
    const inc = this.#statements.column(this.#column);
    const at = (instant: Instant) => this.#columns.at(instant);
    const start = at(this.#timestamp);
    const where = (bind: (value: Parameter) => string) =>
      `${sql} < ${bind(at(end))} AND ((${sql} = ${bind(start)} AND ${inc} > ${bind(this.#incrementing)}) OR ${sql} > ${bind(start)})`;
    return this.#statements.some({ where, orderBy: `${sql},${inc} ASC`, limit }, names);
  }

  prepare(fields: readonly ResultField[]): void {
    this.#values.prepare(fields);
  }

  records({ rows, instants }: RowBatch, schema: Schema): SourceRecord[] {
    const { topic, partition } = this.#destination;
    const records = rows.map((row, i) => {
      // The condition leaves out rows without a time.
      const instant = instants[i] as Instant;
      const number = this.#values.of(row);
      this.#timestamp = instant;
      this.#incrementing = BigInt(number);
      return new SourceRecord({
        topic,
        sourcePartition: partition,
        sourceOffset: timestampOffset(instant, number),
        valueSchema: schema,
        value: Struct.of(schema, row),
      });
    });
    this.#pages.count(rows.length);
    return records;
  }

  finish(): SourceRecord[] {
    this.#pages.end();
    return [];
  }

  reset(): void {
    // Nothing is held back.
  }
}
