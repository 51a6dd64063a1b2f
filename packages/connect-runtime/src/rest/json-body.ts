import { Float64 } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { RestError } from "./rest-error.ts";

/**
 * Request bodies. As in the Java worker, JSON that is broken or of the wrong shape is
 * answered with 500. Messages tell where, and never quote the body: it may hold secrets (I5).
 */

/** A number as it was written: `1.50` and integers beyond 2^53 stay what they are. */
class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const LONGEST_NUMBER = 1000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** A body that cannot be read. That is said where somebody wants to: many requests need none. */
export class UnreadableBody {
  readonly error: RestError;

  constructor(error: RestError) {
    this.error = error;
  }
}

/** @param typed whether the request says that its body is JSON */
export function readBody(body: Buffer, typed: boolean): unknown {
  if (body.length === 0) return undefined;
  try {
    if (typed) return parseJson(body);
    throw new RestError(415, "HTTP 415 Unsupported Media Type");
  } catch (error) {
    if (error instanceof RestError) return new UnreadableBody(error);
    throw error;
  }
}

/** A byte order mark is left out. */
const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** @returns undefined for blanks only. @throws {RestError} 500 when it is not JSON in UTF-8 */
export function parseJson(body: Buffer): unknown {
  let text: string;
  try {
    text = UTF_8.decode(body);
    if (text.trim() === "") return undefined;
  } catch (error) {
    throw new RestError(500, "The request body is not valid JSON: it is not UTF-8", {
      cause: error,
    });
  }
  try {
    // The third argument of revivers is newer than TypeScript's library for ES2023.
    return JSON.parse(text, ((_key: string, value: unknown, { source }: { source?: string }) =>
      typeof value === "number" ? jsonNumber(source ?? String(value)) : value) as (
      key: string,
      value: unknown,
    ) => unknown) as unknown;
  } catch (error) {
    if (error instanceof RestError) throw error;
    throw new RestError(
      500,
      `The request body is not valid JSON: ${withoutQuotes(error as Error)}`,
    );
  }
}

/** @throws {RestError} 500 for one of more digits than Jackson takes */
function jsonNumber(text: string): JsonNumber {
  if (text.length <= LONGEST_NUMBER) return new JsonNumber(text);
  throw new RestError(
    500,
    `The request body holds a number of ${text.length} digits, more than ${LONGEST_NUMBER}`,
  );
}

/**
 * The object a body must be.
 * @param shape what it should look like, for people who sent something else
 * @throws {RestError} 500 for anything else, and for fields that are not known; 415 for one without a type
 */
export function objectBody(body: unknown, shape: string, fields?: readonly string[]): JsonObject {
  if (body instanceof UnreadableBody) throw body.error;
  if (body === undefined || body === null) {
    throw new RestError(500, `The request body is empty: send ${shape} as JSON`);
  }
  if (!isObject(body)) {
    throw new RestError(500, `The request body is ${nameOf(body)}: send ${shape} instead`);
  }
  const unknown = fields && Object.keys(body).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new RestError(
      500,
      `Unrecognized field "${unknown}" in the request body, known are: ${fields!.join(", ")}`,
    );
  }
  return body;
}

/**
 * The list of objects a body must be.
 * @param shape what it should look like, for people who sent something else
 * @throws {RestError} 500 for anything else
 */
export function listBody(body: unknown, shape: string): JsonObject[] {
  if (body instanceof UnreadableBody) throw body.error;
  if (!Array.isArray(body)) {
    const what = body === undefined ? "empty" : nameOf(body);
    throw new RestError(500, `The request body is ${what}: send ${shape} instead`);
  }
  return body.map((entry: unknown, index) => {
    if (isObject(entry)) return entry;
    throw new RestError(500, `Entry ${index} of the list is ${nameOf(entry)}: send ${shape}`);
  });
}

/**
 * A map of texts; numbers and booleans become text, as Jackson makes them.
 * @throws {RestError} 500 for a value that is an object or a list
 */
export function configMap(value: JsonObject): RawProps {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, textOrNull(entry, `The value of "${key}"`)]),
  );
}

/**
 * A value as the rest of the worker has it: integers exact, bigint where they are large; whole
 * floats boxed, so that they stay floats.
 */
export function exactValue(value: unknown): unknown {
  if (!(value instanceof JsonNumber)) return value;
  const number = Number(value.text);
  if (/^-?\d+$/.test(value.text)) return Number.isSafeInteger(number) ? number : BigInt(value.text);
  return Number.isInteger(number) ? new Float64(number) : number;
}

/** @throws {RestError} 500 for an object or a list */
export function textOrNull(value: unknown, what: string): string | null {
  if (value === null || typeof value === "string") return value;
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === "boolean") return String(value);
  throw new RestError(500, `${what} is ${nameOf(value)}: it must be a text`);
}

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber || value instanceof UnreadableBody)
  );
}

/** What something is, for messages that do not quote it. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  if (value instanceof JsonNumber) return "a number";
  return typeof value === "boolean" ? "a boolean" : "a text";
}

/** V8's message without the piece of the text that it quotes. */
function withoutQuotes({ name, message }: Error): string {
  // The reviver goes down one call per level, and the stack ends somewhere (Jackson: at 1000).
  if (name === "RangeError") return "it is nested too deeply";
  const place = / (?:in|after) JSON at position \d+ \(line \d+ column \d+\)/.exec(message)?.[0];
  if (message.startsWith("Unexpected end") || message.startsWith("Unterminated")) {
    return place === undefined ? "it ends too early" : `it ends too early${place}`;
  }
  return place === undefined ? "an unexpected character" : `an unexpected character${place}`;
}
