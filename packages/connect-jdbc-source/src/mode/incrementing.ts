import { type Schema, SourceRecord, Struct } from "@millrace/connect-api";
import type { ResultField, RowBatch, Selection } from "@millrace/jdbc-dialects";
import type { Destination } from "../destination.ts";
import { incrementingOffset } from "../offset.ts";
import type { Statements } from "../statement.ts";
import type { TableMode } from "./mode.ts";
import { Pages } from "./pages.ts";
import { IncrementingValues } from "../columns/whole-number.ts";

/** Rows whose column is greater than the last one read (Java: `TimestampIncrementingTableQuerier`). */
export class IncrementingMode implements TableMode {
  readonly resumable = true;
  readonly #destination: Destination;
  readonly #statements: Statements;
  readonly #column: string;
  readonly #values: IncrementingValues;
  readonly #pages: Pages;
  #last: bigint;

  /**
   * @param last value of the column in the last row read
   * @param pageRows rows to ask for at a time; 0 for all there are
   */
  constructor(
    destination: Destination,
    statements: Statements,
    column: string,
    last: bigint,
    pageRows: number,
  ) {
    this.#destination = destination;
    this.#statements = statements;
    this.#column = column;
    this.#values = new IncrementingValues(destination.what, column);
    this.#last = last;
    this.#pages = new Pages(pageRows);
  }

  get hasMore(): boolean {
    return this.#pages.wasFull;
  }

  selection(): Promise<Selection> {
    const column = this.#statements.column(this.#column);
    const limit = this.#pages.begin();
    const where = (bind: (value: bigint) => string) => `${column} > ${bind(this.#last)}`;
    return Promise.resolve(this.#statements.some({ where, orderBy: `${column} ASC`, limit }, []));
  }

  prepare(fields: readonly ResultField[]): void {
    this.#values.prepare(fields);
  }

  records({ rows }: RowBatch, schema: Schema): SourceRecord[] {
    const { topic, partition } = this.#destination;
    let last: number | bigint | undefined;
    const records = rows.map((row) => {
      last = this.#values.of(row);
      return new SourceRecord({
        topic,
        sourcePartition: partition,
        sourceOffset: incrementingOffset(last),
        valueSchema: schema,
        value: Struct.of(schema, row),
      });
    });
    if (last !== undefined) this.#last = BigInt(last);
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
