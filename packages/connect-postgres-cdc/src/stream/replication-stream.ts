import type { Duplex } from "node:stream";
import { type ConnectError, RetriableError } from "@millrace/connect-api";
import type { Connection } from "../client.ts";
import { translate } from "../faults.ts";
import { Frames } from "../wire/frames.ts";
import {
  COPY_BOTH_RESPONSE,
  COPY_DONE,
  ERROR_RESPONSE,
  lsnText,
  readError,
  simpleQuery,
  statusUpdate,
} from "../wire/messages.ts";

/** Bytes that may wait to be decoded before the socket is paused. */
const QUEUE_BYTES = 4 * 1024 * 1024;

export interface StreamOptions {
  /** A replication connection, whose socket the stream takes for good. */
  readonly connection: Connection;
  readonly slot: string;
  /** Where to begin; the server begins at the slot's own position where that is later. */
  readonly lsn: number;
  /** Options of pgoutput. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly statusIntervalMs: number;
}

/**
 * The log of a slot, as it arrives. Status updates go out by a timer of their own, so that
 * the server does not give up a connection whose changes nobody takes for a while.
 */
export class ReplicationStream {
  readonly frames: Frames = new Frames();
  readonly #options: StreamOptions;
  readonly #socket: Duplex;
  readonly #timer: NodeJS.Timeout;
  #received = 0;
  #flushed = 0;
  #failure: ConnectError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { socket } = options.connection.borrowSocket(this.#onData);
    this.#socket = socket;
    socket.on("close", this.#onClose);
    socket.on("error", this.#onError);
    const { slot, lsn, parameters } = options;
    const listed = parameters.map(([name, value]) => `"${name}" '${value.replaceAll("'", "''")}'`);
    socket.write(
      simpleQuery(
        `START_REPLICATION SLOT "${slot}" LOGICAL ${lsnText(lsn)} (${listed.join(", ")})`,
      ),
    );
    this.#timer = setInterval(() => this.#sendStatus(), options.statusIntervalMs);
  }

  /** Resolves when the server has begun to send. @throws {ConnectError} when it refuses */
  async started(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (this.frames.next()) {
        const { type, bytes, start } = this.frames;
        if (type === COPY_BOTH_RESPONSE) return;
        if (type === ERROR_RESPONSE) throw this.#refused(readError(bytes, start));
      } else {
        this.check();
        if (signal.aborted) throw new RetriableError("The start of the stream was given up");
        await this.wait(signal, 1000);
      }
    }
  }

  /** Tells the server that the log up to there is no longer needed (I1: it is durable in Kafka). */
  flush(lsn: number): void {
    if (lsn <= this.#flushed) return;
    this.#flushed = lsn;
    this.#sendStatus();
  }

  get flushed(): number {
    return this.#flushed;
  }

  /** Notes how far the log has come. */
  seen(lsn: number): void {
    if (lsn > this.#received) this.#received = lsn;
  }

  /** Has the server tell how far it has read the log. */
  askForPosition(): void {
    this.#sendStatus(true);
  }

  /** Answers a request of the server's. */
  reply(): void {
    this.#sendStatus();
  }

  /** Lets the socket go on where the queue has room. */
  resume(): void {
    if (this.#socket.isPaused() && this.#hasRoom()) this.#socket.resume();
  }

  /** What ends the stream: an error of the server, or that it ends the copy. */
  ended(type: number): ConnectError | undefined {
    if (type === ERROR_RESPONSE) {
      return this.#refused(readError(this.frames.bytes, this.frames.start));
    }
    if (type === COPY_DONE) return this.#refused(new Error("The connection was lost"));
    return undefined;
  }

  /** @throws {ConnectError} when the connection was lost; what had arrived before can still be taken */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for more to arrive, for that long at most. */
  async wait(signal: AbortSignal, ms: number): Promise<void> {
    if (signal.aborted || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }

  /** Ends the connection. The server notices and frees the slot. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#socket.removeListener("data", this.#onData);
    await this.#options.connection.close(true);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.frames.push(chunk);
    if (!this.#hasRoom()) this.#socket.pause();
    this.#wake?.();
  };

  /** A single message may be larger than the queue. */
  #hasRoom(): boolean {
    const { size } = this.frames;
    return size < QUEUE_BYTES || size < this.frames.needed;
  }

  readonly #onClose = (): void => {
    this.#fail(new Error("The connection was lost"));
  };

  readonly #onError = (error: Error): void => {
    this.#fail(error);
  };

  #fail(error: Error): void {
    clearInterval(this.#timer);
    this.#failure ??= this.#refused(error);
    this.#wake?.();
  }

  #refused(error: Error): ConnectError {
    const { slot, connection } = this.#options;
    return translate(error, `Could not read the log by slot ${slot}`, connection.where);
  }

  #sendStatus(asksForReply = false): void {
    if (this.#socket.destroyed || this.#failure !== undefined) return;
    this.#socket.write(statusUpdate(this.#received, this.#flushed, Date.now(), asksForReply));
  }
}
