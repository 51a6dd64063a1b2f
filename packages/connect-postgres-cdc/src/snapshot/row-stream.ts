import type { Duplex } from "node:stream";
import { type ConnectError, DataError, isConnectError } from "@millrace/connect-api";
import type { Connection } from "../client.ts";
import { type ColumnPlan, emptyRow, type TablePlan } from "../event/table-plan.ts";
import { translate } from "../faults.ts";
import { refuseNull } from "../stream/tuple.ts";
import { Frames } from "../wire/frames.ts";
import {
  DATA_ROW,
  ERROR_RESPONSE,
  readError,
  READY_FOR_QUERY,
  ROW_DESCRIPTION,
  simpleQuery,
} from "../wire/messages.ts";

/** Bytes that may wait to be decoded before the socket is paused. */
const QUEUE_BYTES = 4 * 1024 * 1024;

/**
 * The rows of one query, in the text form, read where they arrive. The connection is the
 * stream's until its end. The server sends as fast as rows are taken: the socket is paused
 * where they are not.
 */
export class RowStream {
  readonly plan: TablePlan;
  /** `ctid` of the row that `next` found, where the query has it. */
  tid: string | null = null;
  readonly #connection: Connection;
  readonly #frames = new Frames();
  readonly #socket: Duplex;
  readonly #giveBack: () => void;
  readonly #onArrival: () => void;
  /** In the order of the query's columns; undefined for one that the plan has not. */
  #columns: (ColumnPlan | undefined)[] = [];
  #tidColumn = -1;
  #failure: ConnectError | undefined;
  #isOver = false;

  /** @param onArrival called when there is something to read, or the stream has failed */
  constructor(connection: Connection, sql: string, plan: TablePlan, onArrival: () => void) {
    this.plan = plan;
    this.#connection = connection;
    this.#onArrival = onArrival;
    const { socket, giveBack } = connection.borrowSocket(this.#onData);
    this.#socket = socket;
    this.#giveBack = giveBack;
    socket.on("close", this.#onClose);
    socket.on("error", this.#onError);
    socket.write(simpleQuery(sql));
  }

  /** No more rows will come, and the connection is free again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The next row that has arrived, or null.
   * @throws {ConnectError} when the query fails or a row cannot be read
   */
  next(): unknown[] | null {
    const frames = this.#frames;
    while (!this.#isOver && frames.next()) {
      switch (frames.type) {
        case DATA_ROW:
          return this.#row(frames.bytes, frames.start);
        case ROW_DESCRIPTION:
          this.#describe(frames.bytes, frames.start);
          break;
        case ERROR_RESPONSE:
          throw this.#translated(readError(frames.bytes, frames.start));
        case READY_FOR_QUERY:
          this.#end();
          break;
        default: // The command is complete, a notice or a changed parameter: nothing to do.
      }
    }
    if (!this.#isOver && this.#failure !== undefined) throw this.#failure;
    if (this.#socket.isPaused() && this.#hasRoom()) this.#socket.resume();
    return null;
  }

  #describe(bytes: Buffer, start: number): void {
    let at = start + 2;
    this.#columns = Array.from({ length: bytes.readInt16BE(start) }, (_, i) => {
      const end = bytes.indexOf(0, at);
      const name = bytes.toString("utf8", at, end);
      at = end + 19;
      if (name === "ctid") this.#tidColumn = i;
      return this.plan.columns.find((column) => column.name === name && column.place >= 0);
    });
  }

  #row(bytes: Buffer, start: number): unknown[] {
    const columns = this.#columns;
    const row = emptyRow(this.plan);
    let at = start + 2;
    let i = 0;
    try {
      for (; i < columns.length; i++) {
        const length = bytes.readInt32BE(at);
        at += 4;
        const column = columns[i];
        if (column !== undefined) {
          row[column.place] =
            length < 0
              ? column.whenNull
              : (column.read(bytes, at, length) ?? refuseNull(this.plan, column));
        } else if (i === this.#tidColumn) {
          this.tid = bytes.toString("latin1", at, at + length);
        }
        if (length > 0) at += length;
      }
    } catch (cause) {
      if (isConnectError(cause)) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      const name = columns[i]?.name ?? "";
      throw new DataError(`Could not read column ${this.plan.name}.${name}: ${why}`, { cause });
    }
    return row;
  }

  #end(): void {
    this.#isOver = true;
    this.#socket.removeListener("close", this.#onClose);
    this.#socket.removeListener("error", this.#onError);
    this.#giveBack();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#frames.push(chunk);
    if (!this.#hasRoom()) this.#socket.pause();
    this.#onArrival();
  };

  /** A single row may be larger than the queue. */
  #hasRoom(): boolean {
    const { size } = this.#frames;
    return size < QUEUE_BYTES || size < this.#frames.needed;
  }

  readonly #onClose = (): void => {
    this.#fail(new Error("The connection was lost"));
  };

  readonly #onError = (error: Error): void => {
    this.#fail(error);
  };

  #fail(error: Error): void {
    this.#failure ??= this.#translated(error);
    this.#onArrival();
  }

  #translated(error: Error): ConnectError {
    return translate(error, `Could not read table ${this.plan.name}`, this.#connection.where);
  }
}
