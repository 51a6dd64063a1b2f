import { ConnectError, type Decimal, DECIMAL_NAME, type Schema } from "@millrace/connect-api";
import type { ResultField } from "@millrace/jdbc-dialects";

const INT64_MAX = 2n ** 63n - 1n;
const WHOLE_TYPES: ReadonlySet<string> = new Set(["INT8", "INT16", "INT32", "INT64"]);

/** Whether a column of this schema can be an incrementing one. */
export function isWhole(schema: Schema): boolean {
  if (schema.name === DECIMAL_NAME) return schema.parameters?.get("scale") === "0";
  return schema.name === undefined && WHOLE_TYPES.has(schema.type);
}

/** Takes the incrementing column's value out of rows. */
export class IncrementingValues {
  readonly #what: string;
  readonly #column: string;
  #index = 0;
  #isDecimal = false;

  /** @param what is read, for messages */
  constructor(what: string, column: string) {
    this.#what = what;
    this.#column = column;
  }

  /** @throws {ConnectError} when the column is not among these, or no whole number */
  prepare(fields: readonly ResultField[]): void {
    this.#index = fields.findIndex(({ name }) => name === this.#column);
    const schema = fields[this.#index]?.schema;
    if (schema === undefined || !isWhole(schema)) {
      throw new ConnectError(
        `Column "${this.#column}" of ${this.#what} is no whole number any more; correct incrementing.column.name`,
      );
    }
    this.#isDecimal = schema.name === DECIMAL_NAME;
  }

  /** @throws {ConnectError} when the row has none, or more than an offset can hold (Java: `extractOffsetIncrementedId`) */
  of(row: readonly unknown[]): number | bigint {
    const value = row[this.#index];
    if (value === null) {
      throw new ConnectError(
        `Column "${this.#column}" of ${this.#what} is null in a row; an incrementing column has to have a value. Add a condition to the query, or choose another incrementing.column.name`,
      );
    }
    return this.#isDecimal ? this.#fromDecimal(value as Decimal) : (value as number | bigint);
  }

  /** An offset is an int64 (Java: `extractDecimalId`). */
  #fromDecimal({ unscaled }: Decimal): number | bigint {
    if (unscaled > INT64_MAX) {
      throw new ConnectError(
        `Column "${this.#column}" of ${this.#what} holds ${unscaled}, more than an offset can (${INT64_MAX}); choose another incrementing.column.name`,
      );
    }
    const number = Number(unscaled);
    return Number.isSafeInteger(number) ? number : unscaled;
  }
}
