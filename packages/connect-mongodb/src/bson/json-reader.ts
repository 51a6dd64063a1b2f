import { DataError } from "@millrace/connect-api";
import { BSON, Double, Long } from "mongodb";
import { type Document, isDocument } from "./document.ts";
import { fromExtended } from "./extended.ts";

/**
 * What `JSON.parse` alone would lose or must not decide: extended JSON, whole numbers that a
 * double does not tell apart or that have a point, and names that it would put in another order.
 */
const SUBTLE = /"\$|\d{10}|\d\.0|\d[eE][+-]?\d|-0|"__proto__"/;

/** Texts, to pass over them, and the doubles that Java's strict JSON writes and JSON lacks. */
const TEXT_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g;

interface Source {
  readonly source?: string;
}

/**
 * Reads a JSON document, extended JSON included, as Java's BSON library does: whole numbers are
 * int32 where they fit, else int64, and numbers with point or exponent doubles; `Infinity`,
 * `-Infinity` and `NaN` may stand bare, as `JsonMode.STRICT` writes them.
 * @throws {DataError} when it is none
 */
export function parseDocument(text: string): Document {
  const value = parse(text);
  if (isDocument(value)) return value;
  throw new DataError("it is JSON but no document");
}

/** As `parseDocument`, for a list of documents. @throws {DataError} when it is none */
export function parseDocuments(text: string): Document[] {
  const value = parse(text);
  if (!Array.isArray(value)) throw new DataError("it is JSON but no list");
  if (!value.every(isDocument)) throw new DataError("not everything in the list is a document");
  return value;
}

function parse(text: string): unknown {
  try {
    return SUBTLE.test(text)
      ? JSON.parse(text, revive as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const wrapped = wrapNonFinite(text);
    if (wrapped !== text) return parse(wrapped);
    throw new DataError(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The text with its bare `Infinity` and `NaN` in the notation of extended JSON. */
function wrapNonFinite(text: string): string {
  return text.replace(TEXT_OR_NO_NUMBER, (token) =>
    token.startsWith('"') ? token : `{"$numberDouble": "${token}"}`,
  );
}

function revive(_key: string, value: unknown, context: Source): unknown {
  if (typeof value === "number") return typed(value, context.source ?? String(value));
  if (!isDocument(value)) return value;
  for (const name of Object.keys(value)) {
    return name.startsWith("$") ? fromExtended(value) : value;
  }
  return value;
}

/** A number of the type that its notation says. */
function typed(value: number, source: string): unknown {
  if (/[.eE]/.test(source)) return new Double(value);
  if ((value | 0) === value) return value | 0;
  const long = Number.isSafeInteger(value) ? Long.fromNumber(value) : Long.fromString(source);
  return long.toString() === source ? long : new Double(value);
}

/** Extended JSON of the driver, for what is only written and read here. */
export const canonical = {
  write: (document: Document): string => BSON.EJSON.stringify(document, { relaxed: false }),
  read: (text: string): Document => BSON.EJSON.parse(text, { relaxed: false }) as Document,
};
