import type { Duplex } from "node:stream";
import { ConnectError, DataError } from "@millrace/connect-api";
import { translate } from "../faults.ts";
import type { Instant, ResultField, ResultSet, RowBatch } from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import type { PostgresConnection } from "./client.ts";
import type { ColumnType, ValueReader } from "./column-types.ts";
import { POSTGRES_FAULTS } from "./faults.ts";
import type { BoundParameter } from "./parameters.ts";
import { RowClock } from "./row-clock.ts";
import {
  COMMAND_COMPLETE,
  COMMIT,
  DATA_ROW,
  ERROR_RESPONSE,
  fetchRows,
  MessageSplitter,
  PORTAL_SUSPENDED,
  readError,
  READY_FOR_QUERY,
  startQuery,
  SYNC,
} from "./wire.ts";

/** Batches that may be ready or under way while the reader works on another. */
const BATCHES_AHEAD = 2;
/** A batch of long rows ends here, so that memory depends on bytes and not on rows. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** A column of the result; without a type it is passed over. */
export interface StreamColumn {
  readonly name: string;
  readonly type: string;
  readonly typeOid: number;
  readonly columnType: ColumnType | undefined;
}

export interface StreamOptions {
  readonly connection: PostgresConnection;
  readonly sql: string;
  readonly parameters: readonly BoundParameter[];
  readonly columns: readonly StreamColumn[];
  /** The columns that say when a row is from; none where nobody asks. */
  readonly timestampColumns: readonly string[];
  readonly timeZone: TimeZone;
  readonly batchRows: number;
  /** What is read, for messages: `table public.users`. */
  readonly what: string;
}

interface Waiting {
  readonly resolve: (batch: RowBatch | null) => void;
  readonly reject: (error: ConnectError) => void;
}

/**
 * Streams the rows of one query, in the binary format, straight from the driver's socket
 * into arrays of Connect values. The driver's own cursor makes a text of every value
 * first and is slower than this with nothing done to them.
 *
 * The portal is asked for `batchRows` rows at a time, for one such portion more than the
 * reader holds; where rows are long the socket is paused as well. So a table of any size
 * is read in the same memory. At its end the transaction it runs in is committed.
 */
export class ResultStream implements ResultSet {
  readonly fields: readonly ResultField[];
  readonly dropped: readonly StreamColumn[];
  readonly #options: StreamOptions;
  readonly #columns: readonly StreamColumn[];
  readonly #readers: readonly (ValueReader | undefined)[];
  readonly #clock: RowClock | undefined;
  readonly #splitter = new MessageSplitter((type, bytes, start, end) =>
    this.#onMessage(type, bytes, start, end),
  );
  readonly #socket: Duplex;
  readonly #giveBack: () => void;

  #rows: unknown[][] = [];
  #rowBytes = 0;
  #instants: (Instant | null)[] = [];
  readonly #ready: RowBatch[] = [];
  /** Portions of the portal that are asked for and have not ended. */
  #underWay = 0;
  /** No more rows will come; what is ready may still be taken. */
  #ended = false;
  #released = false;
  #failure: ConnectError | undefined;
  #waiting: Waiting | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#columns = options.columns;
    this.#readers = options.columns.map(({ columnType }) => columnType?.read);
    this.fields = options.columns.flatMap(({ name, columnType }) =>
      columnType === undefined ? [] : [{ name, schema: columnType.schema }],
    );
    this.dropped = options.columns.filter(({ columnType }) => columnType === undefined);
    const { timestampColumns } = options;
    this.#clock =
      timestampColumns.length > 0
        ? new RowClock(options.columns, timestampColumns, options.timeZone)
        : undefined;
    const borrowed = options.connection.borrowSocket(this.#onData);
    this.#socket = borrowed.socket;
    this.#giveBack = borrowed.giveBack;
    this.#socket.on("close", this.#onClose);
    this.#socket.on("error", this.#onSocketError);
    const formats = options.columns.map(({ columnType }) => columnType?.format ?? 0);
    this.#socket.write(startQuery(options.sql, options.parameters, formats));
    this.#askAhead();
  }

  /** True once the server has nothing more to say and the driver has its socket back. */
  get isOver(): boolean {
    return this.#released;
  }

  /** Whether the transaction is left open, for an error in it. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  next(): Promise<RowBatch | null> {
    const batch = this.#ready.shift();
    if (batch !== undefined) {
      this.#askAhead();
      return Promise.resolve(batch);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#released) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Keeps the portal and the socket as far ahead of the reader as they may be. */
  #askAhead(): void {
    while (!this.#ended && this.#ready.length + this.#underWay < BATCHES_AHEAD) {
      this.#underWay += 1;
      this.#socket.write(fetchRows(this.#options.batchRows));
    }
    if (this.#ready.length < BATCHES_AHEAD && this.#socket.isPaused()) this.#socket.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#splitter.push(chunk);
    if (this.#ready.length >= BATCHES_AHEAD) this.#socket.pause();
  };

  #onMessage(type: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case DATA_ROW:
        if (!this.#ended) this.#onRow(bytes, start, end);
        break;
      case PORTAL_SUSPENDED:
        this.#underWay -= 1;
        this.#pushBatch();
        break;
      case COMMAND_COMPLETE:
        this.#pushBatch();
        this.#end(COMMIT);
        break;
      case ERROR_RESPONSE:
        this.#fail(this.#translated(readError(bytes, start)));
        this.#end(SYNC);
        break;
      case READY_FOR_QUERY:
        this.#release();
        break;
      default: // Parsed, bound, a notice or a changed parameter: nothing to do.
    }
  }

  /** A data row: a count of columns, then length and bytes of each; a length of -1 is null. */
  #onRow(bytes: Buffer, start: number, end: number): void {
    const readers = this.#readers;
    const values: unknown[] = [];
    let at = start + 2;
    let column = 0;
    try {
      for (; column < readers.length; column++) {
        const length = bytes.readInt32BE(at);
        at += 4;
        const read = readers[column];
        if (read !== undefined) values.push(length < 0 ? null : read(bytes, at, length));
        if (length > 0) at += length;
      }
    } catch (cause) {
      this.#failOnValue(column, cause);
      return;
    }
    this.#rows.push(values);
    if (this.#clock !== undefined) this.#instants.push(this.#clock.read(bytes, start));
    this.#rowBytes += end - start;
    if (this.#rowBytes >= BATCH_BYTES) this.#pushBatch();
  }

  #pushBatch(): void {
    if (this.#rows.length === 0) return;
    const batch = { rows: this.#rows, instants: this.#instants };
    this.#rows = [];
    this.#instants = [];
    this.#rowBytes = 0;
    if (this.#waiting === undefined) {
      this.#ready.push(batch);
      return;
    }
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(batch);
    this.#askAhead();
  }

  /** Ends the exchange; the server's answer to that returns the socket. */
  #end(closing: Buffer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.write(closing);
  }

  /** The rows before the faulty one are good, and its error comes after them: none is passed over (I4). */
  #failOnValue(column: number, cause: unknown): void {
    const { what } = this.#options;
    const name = this.#columns[column]?.name ?? "";
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#pushBatch();
    this.#fail(
      new DataError(`Could not read column "${name}" of a row of ${what}: ${why}`, { cause }),
    );
    this.#end(SYNC);
  }

  #fail(error: ConnectError): void {
    if (this.#failure !== undefined) return;
    this.#pushBatch();
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#ended = true;
    this.#socket.removeListener("close", this.#onClose);
    this.#socket.removeListener("error", this.#onSocketError);
    this.#giveBack();
    this.#waiting?.resolve(null);
    this.#waiting = undefined;
  }

  readonly #onClose = (): void => {
    this.#fail(this.#translated(new Error("The connection was lost")));
    this.#release();
  };

  readonly #onSocketError = (error: Error): void => {
    this.#fail(this.#translated(error));
  };

  #translated(error: Error): ConnectError {
    const { what, connection } = this.#options;
    return translate(POSTGRES_FAULTS, error, `Could not read ${what}`, connection.where);
  }
}
