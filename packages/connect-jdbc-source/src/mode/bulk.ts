import { type Schema, type SourcePartition, SourceRecord, Struct } from "@millrace/connect-api";
import type { Selection } from "../dialect/dialect.ts";
import { barePartition } from "../offset.ts";
import type { Destination, TableMode } from "./mode.ts";

/** The whole table, every time (Java: `BulkTableQuerier`, whose partition and lack of offsets it keeps). */
export class BulkMode implements TableMode {
  readonly resumable = false;
  readonly #destination: Destination;
  readonly #partition: SourcePartition;

  constructor(destination: Destination) {
    this.#destination = destination;
    this.#partition = barePartition(destination.table);
  }

  selection(): Selection {
    return { table: this.#destination.table };
  }

  prepare(): void {
    // Any columns will do.
  }

  records(rows: readonly unknown[][], schema: Schema): SourceRecord[] {
    const { topic } = this.#destination;
    return rows.map(
      (row) =>
        new SourceRecord({
          topic,
          sourcePartition: this.#partition,
          sourceOffset: null,
          valueSchema: schema,
          value: Struct.of(schema, row),
        }),
    );
  }
}
