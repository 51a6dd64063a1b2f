import { Schema } from "@millrace/connect-api";
import type { TypeForm, ValueReader } from "./column-type.ts";
import { bound } from "./struct-form.ts";

const OPEN = 123;
const CLOSE = 125;
const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;
const EQUALS = 61;

/**
 * An array, in its text form `{1,NULL,"c d"}`. Of an array of several dimensions each
 * inner array becomes null, as with Debezium.
 */
export function arrayForm(element: TypeForm, optionalElements: boolean): TypeForm {
  const valueSchema = new Schema({ ...element.schema, optional: optionalElements });
  const { read } = bound(element, valueSchema);
  return {
    schema: { type: "ARRAY", valueSchema },
    zero: [],
    read: (bytes, at, length) => readArray(bytes, at, at + length, read),
  };
}

function readArray(bytes: Buffer, from: number, end: number, read: ValueReader): unknown[] {
  const values: unknown[] = [];
  // Bounds other than 1 come before the values: `[2:3]={1,2}`.
  let at = from;
  if (bytes[at] !== OPEN) at = bytes.indexOf(EQUALS, at) + 1;
  at += 1;
  while (at < end && bytes[at] !== CLOSE) {
    if (bytes[at] === OPEN) {
      at = innerEnd(bytes, at);
      values.push(null);
    } else if (bytes[at] === QUOTE) {
      const { text, next } = unquoted(bytes, at + 1);
      values.push(read(text, 0, text.length));
      at = next;
    } else {
      const start = at;
      while (bytes[at] !== COMMA && bytes[at] !== CLOSE) at++;
      const isNull = at - start === 4 && bytes.toString("latin1", start, at) === "NULL";
      values.push(isNull ? null : read(bytes, start, at - start));
    }
    if (bytes[at] === COMMA) at++;
  }
  return values;
}

/** @param from behind the opening quote */
function unquoted(bytes: Buffer, from: number): { text: Buffer; next: number } {
  let end = from;
  let isEscaped = false;
  while (bytes[end] !== QUOTE) {
    if (bytes[end] === BACKSLASH) {
      isEscaped = true;
      end += 1;
    }
    end += 1;
  }
  const raw = bytes.subarray(from, end);
  if (!isEscaped) return { text: raw, next: end + 1 };
  const text = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === BACKSLASH) i++;
    text[length++] = raw[i]!;
  }
  return { text: text.subarray(0, length), next: end + 1 };
}

function innerEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; ; at++) {
    if (bytes[at] === QUOTE) at = unquoted(bytes, at + 1).next - 1;
    else if (bytes[at] === OPEN) depth += 1;
    else if (bytes[at] === CLOSE && --depth === 0) return at + 1;
  }
}
