import { DataError } from "@millrace/connect-api";
import { ObjectId } from "mongodb";
import { type Document, isDocument, setField } from "../../bson/document.ts";
import type { WriteModel } from "../write-model.ts";
import { type CdcHandler, documentInText, isEmpty, replace } from "./handler.ts";

type Operation = "c" | "r" | "u" | "d";
const OPERATIONS: readonly string[] = ["c", "r", "u", "d"];

/** The event's operation; undefined for what tells of the schema. @throws {DataError} */
function operationOf(event: Document): Operation | undefined {
  const { op } = event;
  if (op === undefined && Object.hasOwn(event, "ddl")) return undefined;
  if (typeof op !== "string") {
    throw new DataError("Value document is missing or CDC operation is not a string");
  }
  if (OPERATIONS.includes(op)) return op as Operation;
  throw new DataError(`Unknown operation type ${op}`);
}

/** Debezium's MongoDB events: `update` says what an update's event holds. */
function mongoDb(update: (key: Document, event: Document) => WriteModel): CdcHandler {
  return (document) => {
    const { key, value } = document;
    if (key === undefined || isEmpty(key)) {
      throw new DataError("Key document must not be missing for CDC mode");
    }
    if (value === undefined || isEmpty(value)) return undefined; // a tombstone
    switch (operationOf(value)) {
      case "c":
      case "r": {
        const after = documentInText(value, "after");
        return replace({ _id: after["_id"] }, after);
      }
      case "u":
        return update(key, value);
      case "d":
        return { deleteOne: { filter: byKey(key) } };
      default:
        return undefined;
    }
  };
}

/** Events of Debezium 2 and later, which have the document after an update. */
export const debeziumChangeStream = mongoDb((key, event) =>
  replace(byKey(key), documentInText(event, "after")),
);

/** Events of Debezium 1, whose updates are those of the oplog: a patch, or the document as a whole. */
export const debeziumOplog = mongoDb((key, event) => {
  const patch = documentInText(event, "patch");
  delete patch["$v"];
  if (Object.hasOwn(patch, "_id")) return replace({ _id: patch["_id"] }, patch);
  return { updateOne: { filter: byKey(key), update: patch } };
});

/** The id, which stands in the key as extended JSON in a text. */
function byKey(key: Document): Document {
  const { id } = key;
  if (typeof id !== "string") throw new DataError("The key has no text in its field id");
  return { _id: documentInText({ _id: `{"_id": ${id}}` }, "_id")["_id"] };
}

/** Debezium's events of tables, whose keys become `_id`. */
export const debeziumRdbms: CdcHandler = (document) => {
  const { value: event } = document;
  if (event === undefined || isEmpty(event)) return undefined; // a tombstone
  const operation = operationOf(event);
  if (operation === undefined) return undefined;
  const key = document.key ?? {};
  const filter = rowFilter(key, event, operation);
  return operation === "d"
    ? { deleteOne: { filter } }
    : replace(filter, rowDocument(key, event, filter));
};

/** By the key; without one, by the row as it was, and new rows get an id of their own. */
function rowFilter(key: Document, event: Document, operation: Operation): Document {
  if (!isEmpty(key)) return { _id: { ...key } };
  if (operation === "c" || operation === "r") return { _id: new ObjectId() };
  const { before } = event;
  if (isDocument(before) && !isEmpty(before)) return before;
  throw new DataError(
    "Value doc 'before' field is empty or has invalid type for update/delete operation, and the record has no key",
  );
}

/** The row without the columns of its key, which are the id. */
function rowDocument(key: Document, event: Document, filter: Document): Document {
  const { after } = event;
  if (!isDocument(after) || isEmpty(after)) {
    throw new DataError(
      "Value document must contain non-empty 'after' field of type document for insert/update operation",
    );
  }
  const document: Document = Object.hasOwn(filter, "_id") ? { _id: filter["_id"] } : {};
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(key, name)) setField(document, name, value);
  }
  return document;
}
