import { type ConfigDef, type ConfigOf, isConnectError } from "@millrace/connect-api";
import { REPLACE_NULL } from "../replace-null.ts";
import { fieldReference } from "./field-reference.ts";

function references(value: unknown): string | undefined {
  try {
    for (const text of value as readonly string[]) fieldReference(text, "");
    return undefined;
  } catch (error) {
    if (!isConnectError(error)) throw error;
    return error.message;
  }
}

export const EXTRACT_NEW_RECORD_STATE_CONFIG = {
  "delete.tombstone.handling.mode": {
    type: "STRING",
    default: "tombstone",
    oneOf: ["drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"],
    ignoreCase: true,
    importance: "MEDIUM",
    doc: "What becomes of a deletion and of the tombstone after it. `drop`: both vanish. `tombstone`: the deletion becomes a null value with the schema of the row, the tombstone vanishes. `delete-to-tombstone`: the same without a schema. `rewrite`: the deletion becomes the row as it was, with a field `__deleted`, and the tombstone vanishes; `rewrite-with-tombstone` keeps it.",
    orderInGroup: 1,
    width: "MEDIUM",
    displayName: "Handle delete and tombstone records",
  },
  "route.by.field": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "The field of the row that names the topic.",
    orderInGroup: 1,
    width: "LONG",
    displayName: "Route by field name",
  },
  "add.fields.prefix": {
    type: "STRING",
    default: "__",
    importance: "LOW",
    doc: "What the names of added fields begin with.",
    orderInGroup: 1,
    width: "SHORT",
    displayName: "Field prefix to be added to each field.",
  },
  "add.fields": {
    type: "LIST",
    default: [],
    importance: "LOW",
    check: references,
    doc: "Parts of the event to add to the row, such as `op,source.ts_ms:at`; after a colon the name that it gets.",
    orderInGroup: 1,
    width: "LONG",
    displayName: "Adds the specified field(s) to the message if they exist.",
  },
  "add.headers.prefix": {
    type: "STRING",
    default: "__",
    importance: "LOW",
    doc: "What the names of added headers begin with.",
    orderInGroup: 1,
    width: "SHORT",
    displayName: "Header prefix to be added to each header.",
  },
  "add.headers": {
    type: "LIST",
    default: [],
    importance: "LOW",
    check: references,
    doc: "Parts of the event to add as headers, in the same form.",
    orderInGroup: 1,
    width: "LONG",
    displayName: "Adds the specified fields to the header if they exist.",
  },
  "drop.fields.header.name": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "A header with a list of the fields to leave out of the row.",
    orderInGroup: 1,
    width: "SHORT",
    displayName: "Specifies a header that contains a list of field names to be removed",
  },
  "drop.fields.from.key": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Leave them out of the key too.",
    orderInGroup: 1,
    width: "SHORT",
    displayName: "Specifies whether the fields to be dropped should also be omitted from the key",
  },
  "drop.fields.keep.schema.compatible": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Leave out only what is optional, so that readers of the old schema can read the new one.",
    orderInGroup: 1,
    width: "SHORT",
    displayName: "Specifies if fields are dropped, will the event's schemas be compatible",
  },
  // Debezium reads it, but does not list it.
  "replace.null.with.default": { ...REPLACE_NULL["replace.null.with.default"], internal: true },
} as const satisfies ConfigDef;

export type ExtractNewRecordStateConfig = ConfigOf<typeof EXTRACT_NEW_RECORD_STATE_CONFIG>;
