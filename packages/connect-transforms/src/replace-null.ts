import type { ConfigDef } from "@millrace/connect-api";

/** The key that most transforms have since KIP-1040. */
export const REPLACE_NULL = {
  "replace.null.with.default": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    doc: "Whether a field that is null is taken to have the default of its schema, if there is one.",
  },
} as const satisfies ConfigDef;
