import { DataError, type Logger } from "@millrace/connect-api";
import { type Document, isDocument } from "../../bson/document.ts";
import { parseDocument } from "../../bson/json-reader.ts";
import type { RecordDocument } from "../record-document.ts";
import type { WriteModel } from "../write-model.ts";

/**
 * What a record that tells of a change does; undefined where there is nothing to do, as for
 * tombstones.
 * @throws {DataError} when the record is no such event
 */
export type CdcHandler = (document: RecordDocument, logger: Logger) => WriteModel | undefined;

/** A field that has to be a document. @throws {DataError} */
export function documentAt(event: Document, name: string): Document {
  if (!Object.hasOwn(event, name)) throw new DataError(`Missing ${name} field`);
  const value = event[name];
  if (isDocument(value)) return value;
  throw new DataError(`Unexpected ${name} field type, expecting a document`);
}

/** A field that has to be a text. @throws {DataError} */
export function textAt(event: Document, name: string): string {
  const value = Object.hasOwn(event, name) ? event[name] : undefined;
  if (typeof value === "string") return value;
  throw new DataError(`The event has no text in its field ${name}`);
}

/** A document that stands in a text, as Debezium's do. @throws {DataError} */
export function documentInText(event: Document, name: string): Document {
  const text = textAt(event, name);
  try {
    return parseDocument(text);
  } catch (error) {
    const why = (error as Error).message;
    throw new DataError(`The text in field ${name} is no document: ${why}`, { cause: error });
  }
}

export const isEmpty = (document: Document | undefined): boolean =>
  document === undefined || Object.keys(document).length === 0;

export function replace(filter: Document, replacement: Document): WriteModel {
  return { replaceOne: { filter, replacement, upsert: true } };
}
