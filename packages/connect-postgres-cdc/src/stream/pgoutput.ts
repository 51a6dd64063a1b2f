import { POSTGRES_EPOCH_MICROS, readLsn } from "../wire/messages.ts";

/**
 * Messages of pgoutput, protocol version 1 (PostgreSQL documentation, "Logical
 * Replication Message Formats"), by their first byte. Rows are not here: the change reader
 * reads them in place.
 */
export const BEGIN = 0x42;
export const COMMIT = 0x43;
export const DELETE = 0x44;
export const INSERT = 0x49;
export const MESSAGE = 0x4d;
export const ORIGIN = 0x4f;
export const RELATION = 0x52;
export const TRUNCATE = 0x54;
export const TYPE = 0x59;
export const UPDATE = 0x55;

/** Kinds of tuples: the new row, the whole old one, the old one's identity. */
export const NEW_TUPLE = 0x4e;
export const OLD_TUPLE = 0x4f;
export const KEY_TUPLE = 0x4b;

/** Kinds of values in a tuple. */
export const NULL_VALUE = 0x6e;
export const UNCHANGED_VALUE = 0x75;
export const TEXT_VALUE = 0x74;

/** Microseconds since the epoch; what is sent counts from 2000. */
export function readTime(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64BE(at)) + POSTGRES_EPOCH_MICROS;
}

export interface RelationColumn {
  /** Part of the replica identity. */
  readonly isKey: boolean;
  readonly name: string;
  readonly typeOid: number;
  readonly modifier: number;
}

/** A table as it was when the changes after this message were made. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relreplident`: d, n, f or i. */
  readonly identity: string;
  readonly columns: readonly RelationColumn[];
}

/** @param at behind the message's first byte */
export function readRelation(bytes: Buffer, at: number): Relation {
  const oid = bytes.readUInt32BE(at);
  const schema = readName(bytes, at + 4);
  const name = readName(bytes, schema.next);
  let next = name.next;
  const identity = String.fromCharCode(bytes.readUInt8(next));
  const columns = Array.from({ length: bytes.readInt16BE(next + 1) }, (_, i) => {
    if (i === 0) next += 3;
    const isKey = (bytes.readUInt8(next) & 1) === 1;
    const column = readName(bytes, next + 1);
    next = column.next + 8;
    return {
      isKey,
      name: column.text,
      typeOid: bytes.readUInt32BE(column.next),
      modifier: bytes.readInt32BE(column.next + 4),
    };
  });
  // An empty text stands for pg_catalog.
  return { oid, schema: schema.text || "pg_catalog", name: name.text, identity, columns };
}

/** A text that ends with a zero byte, and where the next part begins. */
export function readName(bytes: Buffer, at: number): { text: string; next: number } {
  const end = bytes.indexOf(0, at);
  return { text: bytes.toString("utf8", at, end), next: end + 1 };
}

export interface LogicalMessage {
  readonly isTransactional: boolean;
  readonly prefix: string;
  readonly content: Buffer;
}

/** @param at behind the message's first byte */
export function readLogicalMessage(bytes: Buffer, at: number): LogicalMessage {
  const prefix = readName(bytes, at + 9);
  const length = bytes.readInt32BE(prefix.next);
  const start = prefix.next + 4;
  return {
    isTransactional: (bytes.readUInt8(at) & 1) === 1,
    prefix: prefix.text,
    content: Buffer.from(bytes.subarray(start, start + length)),
  };
}

/** The oids of truncated tables. @param at behind the message's first byte */
export function readTruncated(bytes: Buffer, at: number): number[] {
  return Array.from({ length: bytes.readInt32BE(at) }, (_, i) =>
    bytes.readUInt32BE(at + 5 + 4 * i),
  );
}

/** @param at behind the message's first byte */
export function readOrigin(bytes: Buffer, at: number): { lsn: number; name: string } {
  return { lsn: readLsn(bytes, at), name: readName(bytes, at + 8).text };
}
