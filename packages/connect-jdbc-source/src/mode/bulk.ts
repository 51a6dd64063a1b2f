import { type Schema, SourceRecord, Struct } from "@millrace/connect-api";
import type { RowBatch, Selection } from "@millrace/jdbc-dialects";
import type { Destination } from "../destination.ts";
import type { Statements } from "../statement.ts";
import type { TableMode } from "./mode.ts";

/** The whole table, every time (Java: `BulkTableQuerier`, whose partition and lack of offsets it keeps). */
export class BulkMode implements TableMode {
  readonly resumable = false;
  readonly hasMore = false;
  readonly #destination: Destination;
  readonly #statements: Statements;

  constructor(destination: Destination, statements: Statements) {
    this.#destination = destination;
    this.#statements = statements;
  }

  selection(): Promise<Selection> {
    return Promise.resolve(this.#statements.all());
  }

  prepare(): void {
    // Any columns will do.
  }

  records({ rows }: RowBatch, schema: Schema): SourceRecord[] {
    const { topic, partition } = this.#destination;
    return rows.map(
      (row) =>
        new SourceRecord({
          topic,
          sourcePartition: partition,
          sourceOffset: null,
          valueSchema: schema,
          value: Struct.of(schema, row),
        }),
    );
  }

  finish(): SourceRecord[] {
    return [];
  }

  reset(): void {
    // Nothing is held back.
  }
}
