import { DataError } from "@millrace/connect-api";
import { BSON, ObjectId } from "mongodb";
import { type Document, isDocument, setField } from "../../bson/document.ts";
import { type CdcHandler, isEmpty, replace } from "./handler.ts";

/** Qlik Replicate's events of tables. */
export const qlikRdbms: CdcHandler = (document) => {
  const { value: event } = document;
  if (event === undefined || isEmpty(event)) return undefined; // a tombstone
  const key = document.key ?? {};
  const message = within("message", event);
  switch (operationOf(message)) {
    case "insert":
    case "refresh":
    case "read": {
      const filter = byKey(key) ?? { _id: new ObjectId() };
      const after = within("data", message);
      return replace(filter, { _id: filter["_id"], ...after });
    }
    case "update": {
      const before = within("beforeData", message);
      const update = changes(before, within("data", message));
      if (update === undefined) return undefined;
      const filter = byKey(key) ?? before;
      return { updateOne: { filter, update, upsert: true } };
    }
    case "delete": {
      const data = withinNotNull("data", message);
      return { deleteOne: { filter: byKey(key) ?? withinNotNull("beforeData", data) } };
    }
    default:
      throw new DataError("Unable to determine the CDC operation of the event");
  }
};

function operationOf(message: Document): string {
  const headers = within("headers", message);
  const operation = headers["operation"] ?? headers["headers_operation"];
  if (typeof operation === "string") return operation.toLowerCase();
  throw new DataError("Could not determine the CDC operation type");
}

function byKey(key: Document): Document | undefined {
  return isEmpty(key) ? undefined : { _id: { ...key } };
}

/** An update of what differs; undefined when nothing does. */
function changes(before: Document, after: Document): Document | undefined {
  if (isEmpty(after)) throw new DataError("The event has no data to update with");
  const changed: Document = {};
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (!isSame(old, value)) setField(changed, name, value);
  }
  return isEmpty(changed) ? undefined : { $set: changed };
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined) return false;
  return Buffer.compare(BSON.serialize({ a }), BSON.serialize({ a: b })) === 0;
}

/** A part of the event; the events may also be flat. */
function within(name: string, document: Document): Document {
  if (!Object.hasOwn(document, name)) return document;
  const value = document[name];
  if (isDocument(value)) return value;
  throw new DataError(`Value document contains a '${name}' that is not a document`);
}

function withinNotNull(name: string, document: Document): Document {
  return document[name] === null ? document : within(name, document);
}
