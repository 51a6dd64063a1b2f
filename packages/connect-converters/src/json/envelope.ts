import {
  DataError,
  isConnectError,
  isMapLike,
  mapGet,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { LruCache } from "../lru-cache.ts";
import { decodeText } from "./decode.ts";
import { parseAny, parseExact } from "./parse.ts";
import { type PayloadReader, payloadReader } from "./payload-reader.ts";
import { readSchema } from "./read-schema.ts";
import type { Readers } from "./reader.ts";
import { skipValue } from "./skip-value.ts";

const CLOSING_BRACE = 0x7d;
const BEFORE_SCHEMA = /[ \t\r\n]*\{[ \t\r\n]*"schema"[ \t\r\n]*:[ \t\r\n]*/y;
const BEFORE_PAYLOAD = /[ \t\r\n]*,[ \t\r\n]*"payload"[ \t\r\n]*:/y;

/** What a message begins with, up to its payload, and so tells its schema. */
interface Opening {
  readonly bytes: Buffer;
  readonly payload: PayloadReader;
}

/**
 * Reads `{"schema":…,"payload":…}`. Nearly all messages of a topic begin with the same
 * bytes, up to the payload. A message that begins like the one before it has the same
 * schema, whatever its blanks and key order: only its payload is parsed.
 *
 * `kind` is what messages have in common that are likely to have one schema: their topic,
 * or the key of a header.
 */
export class EnvelopeReader {
  readonly #readers: Readers;
  readonly #openings: LruCache<string, Opening>;
  /** By the JSON text of the schema. */
  readonly #payloads: LruCache<string, PayloadReader>;
  #lastKind: string | undefined;
  #lastOpening: Opening | undefined;

  constructor(readers: Readers, cacheSize: number) {
    this.#readers = readers;
    this.#openings = new LruCache(cacheSize);
    this.#payloads = new LruCache(cacheSize);
  }

  /**
   * @throws {JsonSyntaxError} when it is no JSON, {DataError} when it is no envelope or the
   *   payload does not fit
   */
  read(kind: string, bytes: Buffer): SchemaAndValue {
    if (kind !== this.#lastKind) {
      this.#lastKind = kind;
      this.#lastOpening = this.#openings.get(kind);
    }
    const opening = this.#lastOpening;
    if (opening !== undefined && beginsWith(bytes, opening.bytes)) {
      const read = readPayload(opening, bytes);
      if (read !== undefined) return read;
    }
    return this.#readNew(kind, bytes);
  }

  #readNew(kind: string, bytes: Buffer): SchemaAndValue {
    const text = decodeText(bytes);
    const opening = this.#openingOf(text);
    const read = opening && readPayload(opening, bytes);
    if (read === undefined) return this.#readAnyOrder(text, bytes);
    this.#openings.set(kind, opening!);
    this.#lastOpening = opening;
    return read;
  }

  #openingOf(text: string): Opening | undefined {
    const parts = splitOpening(text);
    if (parts === undefined) return undefined;
    const { schemaText, payloadStart } = parts;
    const payload = unlessWrong(() =>
      this.#payloadReader(schemaText, () => parseExact(schemaText)),
    );
    return payload && { bytes: Buffer.from(text.slice(0, payloadStart)), payload };
  }

  #payloadReader(key: string, schemaNode: () => unknown): PayloadReader {
    let payload = this.#payloads.get(key);
    if (payload === undefined) {
      payload = payloadReader(readSchema(schemaNode(), this.#readers), this.#readers);
      this.#payloads.set(key, payload);
    }
    return payload;
  }

  /** The slow way, for payloads that come first, and to say what is wrong. */
  #readAnyOrder(text: string, bytes: Buffer): SchemaAndValue {
    const envelope = parseExact(text);
    const schemaNode = isMapLike(envelope) ? mapGet(envelope, "schema") : undefined;
    const payloadNode = isMapLike(envelope) ? mapGet(envelope, "payload") : undefined;
    if (schemaNode === undefined || payloadNode === undefined || size(envelope) !== 2) {
      throw new DataError(
        'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.',
      );
    }
    const { schema } = this.#payloadReader(schemaKey(schemaNode), () => schemaNode);
    if (schema !== null) return { schema, value: this.#readers.of(schema)(payloadNode) };
    return { schema, value: mapGet(parseAny(bytes) as object, "payload") };
  }
}

function beginsWith(bytes: Buffer, start: Buffer): boolean {
  const { length } = start;
  if (bytes.length <= length || bytes[bytes.length - 1] !== CLOSING_BRACE) return false;
  if (length > 64) return bytes.compare(start, 0, length, 0, length) === 0;
  for (let i = 0; i < length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

/**
 * What stands between the opening and the last brace is the payload if it is one JSON
 * value; undefined when it is not, as in `…"payload":1,"more":2}`.
 */
function readPayload(
  { bytes: start, payload }: Opening,
  bytes: Buffer,
): SchemaAndValue | undefined {
  if (bytes[bytes.length - 1] !== CLOSING_BRACE) return undefined;
  return unlessWrong(() => ({
    schema: payload.schema,
    value: payload.read(bytes, start.length, bytes.length - 1),
  }));
}

/** Undefined where the message is wrong: the slow way then finds the first thing wrong with it, as Java does. */
function unlessWrong<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || isConnectError(error)) return undefined;
    throw error;
  }
}

/** A text that only equal schemas have. */
function schemaKey(node: unknown): string {
  return JSON.stringify(node, (_key, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
  });
}

function splitOpening(text: string): { schemaText: string; payloadStart: number } | undefined {
  BEFORE_SCHEMA.lastIndex = 0;
  if (!BEFORE_SCHEMA.test(text)) return undefined;
  const schemaStart = BEFORE_SCHEMA.lastIndex;
  const schemaEnd = skipValue(text, schemaStart);
  BEFORE_PAYLOAD.lastIndex = schemaEnd;
  if (!BEFORE_PAYLOAD.test(text)) return undefined;
  // A slice would keep the whole message in memory for as long as the schema is kept.
  const schemaText = Buffer.from(text.slice(schemaStart, schemaEnd)).toString();
  return { schemaText, payloadStart: BEFORE_PAYLOAD.lastIndex };
}

function size(envelope: unknown): number {
  return envelope instanceof Map ? envelope.size : Object.keys(envelope as object).length;
}
