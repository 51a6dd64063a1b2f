import { TextDecoder } from "node:util";
import { ConfigError } from "@millrace/connect-api";

/** Text to bytes and back. */
export interface Charset {
  /** A string stands for its UTF-8 bytes. */
  encode(text: string): string | Buffer;
  decode(bytes: Uint8Array): string;
}

export const UTF_8: Charset = {
  encode: (text) => text,
  decode: (bytes) => asBuffer(bytes).toString("utf8"),
};

const UTF_16LE: Charset = {
  encode: (text) => Buffer.from(text, "utf16le"),
  decode: (bytes) => asBuffer(bytes).toString("utf16le"),
};

const UTF_16BE: Charset = {
  encode: (text) => Buffer.from(text, "utf16le").swap16(),
  decode: (bytes) => evenCopy(bytes).swap16().toString("utf16le"),
};

/** As in Java: written big-endian with a byte order mark, read by the mark, else big-endian. */
const UTF_16: Charset = {
  encode: (text) => Buffer.concat([Buffer.from([0xfe, 0xff]), UTF_16BE.encode(text) as Buffer]),
  decode: (bytes) => {
    const littleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
    const text = (littleEndian ? UTF_16LE : UTF_16BE).decode(bytes);
    return text.startsWith("\ufeff") ? text.slice(1) : text;
  },
};

const BY_NAME: Readonly<Record<string, Charset>> = {
  utf8: UTF_8,
  utf16: UTF_16,
  utf16le: UTF_16LE,
  utf16be: UTF_16BE,
  iso88591: singleByte((code) => String.fromCharCode(code)),
  latin1: singleByte((code) => String.fromCharCode(code)),
  usascii: singleByte((code) => (code < 0x80 ? String.fromCharCode(code) : "\ufffd")),
  ascii: singleByte((code) => (code < 0x80 ? String.fromCharCode(code) : "\ufffd")),
};

/** @throws {ConfigError} for a name that neither this table nor the platform knows */
export function charsetOf(name: string): Charset {
  const charset = BY_NAME[name.toLowerCase().replace(/[-_]/g, "")] ?? platformCharset(name);
  if (charset !== undefined) return charset;
  throw new ConfigError(
    "converter.encoding",
    name,
    "Unknown encoding. Use UTF-8, UTF-16, UTF-16LE, UTF-16BE, US-ASCII or one of a byte per character, such as ISO-8859-1 or windows-1252",
  );
}

/** Encodings of a byte per character that TextDecoder knows, such as windows-1252. */
function platformCharset(name: string): Charset | undefined {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(name);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  // With a second byte behind it, the first byte of a longer character shows itself.
  const bytes = Array.from({ length: 256 }, (_, code) => code);
  const isSingleByte = [0x41, 0xa1].every((next) =>
    bytes.every((code) => decoder.decode(Buffer.from([code, next])).length === 2),
  );
  return isSingleByte ? singleByte((code) => decoder.decode(Buffer.from([code]))) : undefined;
}

/** What an encoding does not have is written as `?`, as in Java. */
function singleByte(charOf: (code: number) => string): Charset {
  const characters = Array.from({ length: 256 }, (_, code) => charOf(code));
  const codes = new Map(characters.map((char, code) => [char, code]));
  codes.delete("\ufffd");
  const question = "?".charCodeAt(0);
  return {
    encode: (text) => Buffer.from(Array.from(text, (char) => codes.get(char) ?? question)),
    decode: (bytes) => Array.from(bytes, (code) => characters[code]).join(""),
  };
}

function evenCopy(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
