import {
  ConnectError,
  Decimal,
  DECIMAL_NAME,
  type Schema,
  type SourcePartition,
  SourceRecord,
  Struct,
} from "@millrace/connect-api";
import type { ResultField, Selection } from "../dialect/dialect.ts";
import { incrementingOffset, tablePartition } from "../offset.ts";
import { plainName } from "../tables.ts";
import type { Destination, TableMode } from "./mode.ts";

const INT64_MAX = 2n ** 63n - 1n;
const WHOLE_TYPES: ReadonlySet<string> = new Set(["INT8", "INT16", "INT32", "INT64"]);

/** Rows whose column is greater than the last one read (Java: `TimestampIncrementingTableQuerier`). */
export class IncrementingMode implements TableMode {
  readonly resumable = true;
  readonly #destination: Destination;
  readonly #partition: SourcePartition;
  readonly #column: string;
  #last: bigint;
  #index = 0;
  #isDecimal = false;

  /** @param last value of the column in the last row read */
  constructor(destination: Destination, column: string, last: bigint) {
    this.#destination = destination;
    this.#partition = tablePartition(destination.table);
    this.#column = column;
    this.#last = last;
  }

  selection(): Selection {
    const { table } = this.#destination;
    return { table, after: { column: this.#column, value: this.#last } };
  }

  prepare(fields: readonly ResultField[]): void {
    this.#index = fields.findIndex(({ name }) => name === this.#column);
    const schema = fields[this.#index]?.schema;
    if (schema === undefined || !isWhole(schema)) {
      throw new ConnectError(
        `Column "${this.#column}" of table ${plainName(this.#destination.table)} is no whole number any more; correct incrementing.column.name`,
      );
    }
    this.#isDecimal = schema.name === DECIMAL_NAME;
  }

  records(rows: readonly unknown[][], schema: Schema): SourceRecord[] {
    const { topic } = this.#destination;
    const index = this.#index;
    let last: number | bigint | undefined;
    const records = rows.map((row) => {
      last = this.#isDecimal ? this.#fromDecimal(row[index]) : (row[index] as number | bigint);
      return new SourceRecord({
        topic,
        sourcePartition: this.#partition,
        sourceOffset: incrementingOffset(last),
        valueSchema: schema,
        value: Struct.of(schema, row),
      });
    });
    if (last !== undefined) this.#last = BigInt(last);
    return records;
  }

  /** An offset is an int64 (Java: `extractDecimalId`). */
  #fromDecimal(value: unknown): number | bigint {
    // The schema is Decimal's, and the condition leaves out rows without a value.
    const { unscaled } = value as Decimal;
    if (unscaled > INT64_MAX) {
      throw new ConnectError(
        `Column "${this.#column}" of table ${plainName(this.#destination.table)} holds ${unscaled}, more than an offset can (${INT64_MAX}); choose another incrementing.column.name`,
      );
    }
    const number = Number(unscaled);
    return Number.isSafeInteger(number) ? number : unscaled;
  }
}

/** Whether a column of this schema can be an incrementing one. */
export function isWhole(schema: Schema): boolean {
  if (schema.name === DECIMAL_NAME) return schema.parameters?.get("scale") === "0";
  return schema.name === undefined && WHOLE_TYPES.has(schema.type);
}
