import { DataError } from "@millrace/connect-api";
import { type Document, isDocument } from "../../bson/document.ts";
import type { WriteModel } from "../write-model.ts";
import { type CdcHandler, documentAt, replace, textAt } from "./handler.ts";

const KNOWN = new Set(["updatedFields", "removedFields", "truncatedArrays", "disambiguatedPaths"]);

/** Events of MongoDB's change streams, as this package's source publishes them. */
export const changeStream: CdcHandler = (document, logger) => {
  const event = document.value;
  if (event === undefined) return undefined; // a tombstone
  const type = textAt(event, "operationType");
  switch (type) {
    case "insert":
    case "replace":
      return replace(documentAt(event, "documentKey"), documentAt(event, "fullDocument"));
    case "update":
      return update(event);
    case "delete":
      return { deleteOne: { filter: documentAt(event, "documentKey") } };
    default:
      logger.warn(`Unsupported change stream operation: ${type}`);
      return undefined;
  }
};

function update(event: Document): WriteModel {
  const filter = documentAt(event, "documentKey");
  // The document may be gone by the time it was looked up: then the description has to do.
  if (isDocument(event["fullDocument"])) {
    return { replaceOne: { filter, replacement: event["fullDocument"] } };
  }
  return { updateOne: { filter, update: described(documentAt(event, "updateDescription")) } };
}

function described(description: Document): Document | Document[] {
  const unknown = Object.keys(description).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    throw new DataError(
      `Unexpected fields in updateDescription: ${unknown.join(", ")}. They cannot be ignored without losing data`,
    );
  }
  const updated = documentAt(description, "updatedFields");
  const removed = (description["removedFields"] ?? []) as unknown[];
  const update: Document = {};
  if (Object.keys(updated).length > 0) update["$set"] = updated;
  if (removed.length > 0) update["$unset"] = Object.fromEntries(removed.map((path) => [path, ""]));
  const truncated = (description["truncatedArrays"] ?? []) as Document[];
  if (truncated.length > 0) {
    const each = truncated.map(({ field, newSize }) => [field, { $each: [], $slice: newSize }]);
    update["$push"] = Object.fromEntries(each) as Document;
  }
  return update;
}
