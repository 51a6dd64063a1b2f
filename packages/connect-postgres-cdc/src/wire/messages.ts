/**
 * Messages of PostgreSQL's protocol, version 3, as far as reading rows and the log takes
 * them (PostgreSQL documentation, "Message Formats").
 */

export const COMMAND_COMPLETE = 0x43;
export const COPY_BOTH_RESPONSE = 0x57;
export const COPY_DATA = 0x64;
export const COPY_DONE = 0x63;
export const DATA_ROW = 0x44;
export const ERROR_RESPONSE = 0x45;
export const READY_FOR_QUERY = 0x5a;
export const ROW_DESCRIPTION = 0x54;

/** Microseconds from 1970 to 2000, from where PostgreSQL counts. */
export const POSTGRES_EPOCH_MICROS = 946_684_800_000_000;

/** An error of the server, by the protocol's field letters. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** SQLSTATE. */
  readonly code: string;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get("M") ?? "unknown error");
    this.code = fields.get("C") ?? "XX000";
  }
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

/** A query of the simple protocol. */
export function simpleQuery(sql: string): Buffer {
  const text = Buffer.from(sql);
  const message = Buffer.alloc(6 + text.length);
  message[0] = 0x51;
  message.writeInt32BE(5 + text.length, 1);
  text.copy(message, 5);
  return message;
}

/**
 * Standby status update: how far the log was received, is durable, and was applied.
 * @param sentAt milliseconds since the epoch
 */
export function statusUpdate(
  received: number,
  flushed: number,
  sentAt: number,
  asksForReply = false,
): Buffer {
  const message = Buffer.alloc(39);
  message[0] = COPY_DATA;
  message.writeInt32BE(38, 1);
  message[5] = 0x72;
  writeLsn(message, received, 6);
  writeLsn(message, flushed, 14);
  writeLsn(message, flushed, 22);
  message.writeBigInt64BE(BigInt(Math.round(sentAt * 1000 - POSTGRES_EPOCH_MICROS)), 30);
  message[38] = asksForReply ? 1 : 0;
  return message;
}

/**
 * A position in the log. Exact up to 2^53, eight petabytes of log.
 */
export function readLsn(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

function writeLsn(bytes: Buffer, lsn: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(lsn / 0x1_0000_0000), at);
  bytes.writeUInt32BE(lsn % 0x1_0000_0000, at + 4);
}

/** `16/B374D848` */
export function lsnText(lsn: number): string {
  const high = Math.floor(lsn / 0x1_0000_0000);
  return `${high.toString(16)}/${(lsn % 0x1_0000_0000).toString(16)}`.toUpperCase();
}

export function parseLsn(text: string): number {
  const [high = "0", low = "0"] = text.split("/");
  return parseInt(high, 16) * 0x1_0000_0000 + parseInt(low, 16);
}
