import { type Schema, SourceRecord, Struct } from "@millrace/connect-api";
import type { ResultField, RowBatch, Selection } from "@millrace/jdbc-dialects";
import type { Destination } from "../destination.ts";
import { IncrementingValues } from "../columns/whole-number.ts";
import { type LoadPlan, partOffset, rangeOf } from "../initial-load/plan.ts";
import type { Statements } from "../statement.ts";
import type { TableMode } from "./mode.ts";
import { Pages } from "./pages.ts";

/** Rows of one range of a table's first reading, by the page, once. */
export class LoadPartMode implements TableMode {
  readonly resumable = true;
  readonly #destination: Destination;
  readonly #statements: Statements;
  readonly #column: string;
  readonly #plan: LoadPlan;
  readonly #values: IncrementingValues;
  readonly #pages: Pages;
  readonly #upTo: bigint;
  #last: bigint;
  #isDone = false;

  /** @param last value of the column in the last row read */
  constructor(
    destination: Destination,
    statements: Statements,
    column: string,
    plan: LoadPlan,
    part: number,
    last: bigint | undefined,
    pageRows: number,
  ) {
    const { after, upTo } = rangeOf(plan, part);
    this.#destination = destination;
    this.#statements = statements;
    this.#column = column;
    this.#plan = plan;
    this.#values = new IncrementingValues(destination.what, column);
    this.#pages = new Pages(pageRows);
    this.#upTo = upTo;
    this.#last = last ?? after;
  }

  get hasMore(): boolean {
    return this.#pages.wasFull;
  }

  selection(): Promise<Selection | null> {
    if (this.#isDone || this.#last >= this.#upTo) return Promise.resolve(null);
    const column = this.#statements.column(this.#column);
    const limit = this.#pages.begin();
    const where = (bind: (value: bigint) => string) =>
      `${column} > ${bind(this.#last)} AND ${column} <= ${bind(this.#upTo)}`;
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
        sourceOffset: partOffset(this.#plan, last),
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
    this.#isDone = !this.#pages.wasFull;
    return [];
  }

  reset(): void {
    // Nothing is held back.
  }
}
