import { ConfigError, type ConnectError, DataError, type Schema } from "@millrace/connect-api";
import type { Instant, ResultField, ResultSet, RowBatch } from "../session.ts";

/** Batches that may be ready before the driver is told to wait. */
const BATCHES_AHEAD = 2;
/** A batch of long rows ends here, so that memory depends on bytes and not on rows. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** How a column's values, as the driver gives them, become Connect's. */
export interface ValueType {
  readonly schema: Schema;
  /** Not called for null. @throws {DataError} for a value that has no place in the field */
  readonly read: (value: never) => unknown;
  /** The exact point in time; for columns that hold one. */
  readonly instant?: (value: never) => Instant;
}

/** A column of a result; without a type it is passed over. */
export interface ValueColumn {
  readonly name: string;
  readonly type: string;
  readonly valueType: ValueType | undefined;
}

export interface ValueStreamOptions {
  readonly columns: readonly ValueColumn[];
  /** The columns that say when a row is from; none where nobody asks. */
  readonly timestampColumns: readonly string[];
  readonly batchRows: number;
  /** What is read, for messages: `table shop.users`. */
  readonly what: string;
  /** Asks the driver for no more rows; some may still come. */
  readonly pause: () => void;
  /** Asks it for more again. */
  readonly resume: () => void;
}

type Read = (value: unknown) => unknown;

/** Collects rows that a driver pushes into batches of Connect values, and holds it back where the reader is slower. */
export class ValueStream implements ResultSet {
  readonly fields: readonly ResultField[];
  readonly dropped: readonly ValueColumn[];
  readonly #options: ValueStreamOptions;
  readonly #reads: readonly (Read | undefined)[];
  /** Where to look for the row's time, first to last. */
  readonly #clock: readonly { readonly index: number; readonly instant: Read }[];
  #rows: unknown[][] = [];
  #instants: (Instant | null)[] = [];
  #bytes = 0;
  readonly #ready: RowBatch[] = [];
  #paused = false;
  #ended = false;
  #failure: ConnectError | undefined;
  #waiting:
    | { resolve: (batch: RowBatch | null) => void; reject: (error: ConnectError) => void }
    | undefined;

  /** @throws {ConfigError} when a timestamp column is none any more */
  constructor(options: ValueStreamOptions) {
    const { columns } = options;
    this.#options = options;
    this.#reads = columns.map(({ valueType }) => valueType?.read as Read | undefined);
    this.fields = columns.flatMap(({ name, valueType }) =>
      valueType === undefined ? [] : [{ name, schema: valueType.schema }],
    );
    this.dropped = columns.filter(({ valueType }) => valueType === undefined);
    this.#clock = options.timestampColumns.map((wanted) => {
      const index = columns.findIndex(({ name }) => name === wanted);
      const instant = columns[index]?.valueType?.instant as Read | undefined;
      if (instant === undefined) {
        throw new ConfigError(
          "timestamp.column.name",
          wanted,
          "The column is no timestamp any more; correct the name",
        );
      }
      return { index, instant };
    });
  }

  /** Whether the result came to its end, well or badly. */
  get isOver(): boolean {
    return this.#ended;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether a batch is ready that nobody has taken yet. */
  get isAhead(): boolean {
    return this.#ready.length > 0;
  }

  /** Takes a row from the driver. False where it was faulty, and no more are taken. */
  push(row: readonly unknown[]): boolean {
    if (this.#ended) return false;
    const values: unknown[] = [];
    let column = 0;
    try {
      for (; column < this.#reads.length; column++) {
        const read = this.#reads[column];
        const value = row[column] ?? null;
        if (typeof value === "string" || value instanceof Uint8Array) this.#bytes += value.length;
        if (read !== undefined) values.push(value === null ? null : read(value));
      }
      if (this.#clock.length > 0) this.#instants.push(this.#instantOf(row));
    } catch (cause) {
      this.#failOnValue(column, cause);
      return false;
    }
    this.#rows.push(values);
    this.#bytes += 8 * values.length;
    if (this.#rows.length >= this.#options.batchRows || this.#bytes >= BATCH_BYTES) this.flush();
    return true;
  }

  /** The driver has no more rows. */
  end(): void {
    if (this.#ended) return;
    this.flush();
    this.#ended = true;
    this.#waiting?.resolve(null);
    this.#waiting = undefined;
  }

  /** The driver failed; the rows before that are good. */
  fail(error: ConnectError): void {
    if (this.#ended) return;
    this.flush();
    this.#ended = true;
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Makes a batch of the rows so far: the driver has no more at the moment. */
  flush(): void {
    if (this.#rows.length === 0) return;
    const batch = { rows: this.#rows, instants: this.#instants };
    this.#rows = [];
    this.#instants = [];
    this.#bytes = 0;
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(batch);
      return;
    }
    this.#ready.push(batch);
    if (this.#ready.length >= BATCHES_AHEAD && !this.#paused) {
      this.#paused = true;
      this.#options.pause();
    }
  }

  next(): Promise<RowBatch | null> {
    const batch = this.#ready.shift();
    if (batch !== undefined) {
      this.#resume();
      return Promise.resolve(batch);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(null);
    this.#resume();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #resume(): void {
    if (!this.#paused || this.#ended) return;
    this.#paused = false;
    this.#options.resume();
  }

  #instantOf(row: readonly unknown[]): Instant | null {
    for (const { index, instant } of this.#clock) {
      const value = row[index] ?? null;
      if (value !== null) return instant(value) as Instant;
    }
    return null;
  }

  #failOnValue(column: number, cause: unknown): void {
    const { columns, what } = this.#options;
    const name = columns[column]?.name ?? "";
    const why = cause instanceof Error ? cause.message : String(cause);
    this.fail(
      new DataError(`Could not read column "${name}" of a row of ${what}: ${why}`, { cause }),
    );
  }
}
