import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

export const CONFIG = {
  file: {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "File to append to; it is made if need be. Without it lines go to the standard output of the worker.",
  },
  format: {
    type: "STRING",
    default: "text",
    oneOf: ["text", "json"],
    beyondJava: true,
    importance: "LOW",
    doc:
      "How a value becomes a line: text = as Kafka Connect's own file sink prints it, such as Struct{id=1}; " +
      "json = as JSON.",
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;
