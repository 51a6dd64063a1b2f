import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

export const CONFIG = {
  file: {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "File to read. Without it the standard input of the worker is read.",
  },
  topic: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    doc: "Topic that gets one record per line.",
  },
  "batch.size": {
    type: "INT",
    default: 2000,
    check: (value) => ((value as number) < 1 ? "Value must be at least 1" : undefined),
    importance: "LOW",
    doc: "Most lines that the task hands over at a time.",
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;
