/**
 * The messages of PostgreSQL's extended-query protocol, version 3, that reading a result
 * set takes (PostgreSQL documentation, "Message Formats"). Rows are not here: the result
 * stream reads them in place.
 */

import type { BoundParameter } from "./parameters.ts";

export const PARSE_COMPLETE = 0x31;
export const BIND_COMPLETE = 0x32;
export const COMMAND_COMPLETE = 0x43;
export const DATA_ROW = 0x44;
export const ERROR_RESPONSE = 0x45;
export const ROW_DESCRIPTION = 0x54;
export const READY_FOR_QUERY = 0x5a;
export const PORTAL_SUSPENDED = 0x73;

/** Bytes of a message's type and length. */
export const HEADER_LENGTH = 5;

const UNNAMED = Buffer.from([0]);

/** A column of a result as the server describes it; a domain is described as its base type. */
export interface DescribedColumn {
  readonly name: string;
  /** Table the column comes from and its number there; 0 for an expression. */
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  /** Length, or precision and scale, as `pg_attribute.atttypmod` has it; -1 for none. */
  readonly typeModifier: number;
}

/** An error or notice of the server, by the protocol's field letters. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** SQLSTATE. */
  readonly code: string;
  /** `ERROR`, `FATAL` or `PANIC`. */
  readonly severity: string;
  readonly hint: string | undefined;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get("M") ?? "unknown error");
    this.code = fields.get("C") ?? "XX000";
    this.severity = fields.get("V") ?? fields.get("S") ?? "ERROR";
    this.hint = fields.get("H");
  }
}

/** Asks for the columns of a query with parameters of these types, and ends the exchange. */
export function describeQuery(sql: string, parameterTypes: readonly number[]): Buffer {
  const describe = message("D", Buffer.from("S"), UNNAMED);
  return Buffer.concat([parse(sql, parameterTypes), describe, SYNC]);
}

/**
 * Starts a query: parses and binds it, and asks for the first rows.
 * @param formats of each result column: 0 is text, 1 is binary
 */
export function startQuery(
  sql: string,
  parameters: readonly BoundParameter[],
  formats: readonly (0 | 1)[],
): Buffer {
  const types = parameters.map(({ typeOid }) => typeOid);
  const bind = message(
    "B",
    UNNAMED,
    UNNAMED,
    int16(parameters.length),
    ...parameters.map(({ format }) => int16(format)),
    int16(parameters.length),
    ...parameters.flatMap(({ bytes }) => [int32(bytes.length), bytes]),
    int16(formats.length),
    ...formats.map(int16),
  );
  return Buffer.concat([parse(sql, types), bind]);
}

/** Asks for so many more rows of the running query. */
export function fetchRows(count: number): Buffer {
  return Buffer.concat([message("E", UNNAMED, int32(count)), message("H")]);
}

function parse(sql: string, parameterTypes: readonly number[]): Buffer {
  const types = parameterTypes.map(unsignedInt32);
  return message("P", UNNAMED, cString(sql), int16(types.length), ...types);
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type), int32(length), ...parts]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function unsignedInt32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function cString(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), UNNAMED]);
}

/** Ends an exchange: the server answers ReadyForQuery, also after an error. */
export const SYNC: Buffer = message("S");

/** Commits, and like SYNC ends the exchange; of no effect after an error. */
export const COMMIT: Buffer = message("Q", cString("COMMIT"));

/** @param start of the message's body */
export function readRowDescription(bytes: Buffer, start: number): DescribedColumn[] {
  let at = start + 2;
  return Array.from({ length: bytes.readInt16BE(start) }, () => {
    const end = bytes.indexOf(0, at);
    const name = bytes.toString("utf8", at, end);
    const column = {
      name,
      tableOid: bytes.readUInt32BE(end + 1),
      columnNumber: bytes.readInt16BE(end + 5),
      typeOid: bytes.readUInt32BE(end + 7),
      typeModifier: bytes.readInt32BE(end + 13),
    };
    at = end + 19;
    return column;
  });
}

/** @param start of the message's body */
export function readError(bytes: Buffer, start: number): ServerError {
  const fields = new Map<string, string>();
  for (let at = start; bytes[at] !== 0;) {
    const end = bytes.indexOf(0, at);
    fields.set(String.fromCharCode(bytes.readUInt8(at)), bytes.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return new ServerError(fields);
}

/**
 * Cuts a stream of chunks into messages and hands out each where it lies, without a
 * copy; only a message that spans chunks is put together in a buffer of its own.
 */
export class MessageSplitter {
  readonly #onMessage: (type: number, bytes: Buffer, start: number, end: number) => void;
  /** The message that is not complete yet, and how much of it is. */
  #partial: Buffer = Buffer.alloc(0);
  #filled = 0;

  /** @param onMessage is given the buffer and where the body starts and ends in it */
  constructor(onMessage: (type: number, bytes: Buffer, start: number, end: number) => void) {
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    let at = this.#filled > 0 ? this.#complete(chunk) : 0;
    while (at + HEADER_LENGTH <= chunk.length) {
      const end = at + 1 + chunk.readInt32BE(at + 1);
      if (end > chunk.length) break;
      this.#onMessage(chunk.readUInt8(at), chunk, at + HEADER_LENGTH, end);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at);
  }

  /** Adds to the partial message what it lacks; returns how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    let taken = 0;
    if (this.#filled < HEADER_LENGTH) {
      taken = this.#fill(chunk, 0, HEADER_LENGTH);
      if (this.#filled < HEADER_LENGTH) return taken;
      this.#grow();
    }
    taken += this.#fill(chunk, taken, this.#partial.length);
    if (this.#filled === this.#partial.length) {
      const message = this.#partial;
      this.#filled = 0;
      this.#onMessage(message.readUInt8(0), message, HEADER_LENGTH, message.length);
    }
    return taken;
  }

  #keep(chunk: Buffer, from: number): void {
    this.#partial = Buffer.allocUnsafe(HEADER_LENGTH);
    this.#filled = 0;
    this.#complete(chunk.subarray(from));
  }

  #fill(chunk: Buffer, from: number, upTo: number): number {
    const copied = chunk.copy(this.#partial, this.#filled, from, from + upTo - this.#filled);
    this.#filled += copied;
    return copied;
  }

  /** Makes room for the whole message, now that its length is known. */
  #grow(): void {
    const whole = Buffer.allocUnsafe(1 + this.#partial.readInt32BE(1));
    this.#partial.copy(whole, 0, 0, this.#filled);
    this.#partial = whole;
  }
}
