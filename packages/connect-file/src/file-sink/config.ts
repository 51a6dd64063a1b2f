import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import { templateRefusal } from "./folder-template.ts";

export const CONFIG = {
  folder: {
    type: "STRING",
    nonEmpty: true,
    check: (value) => templateRefusal(value as string),
    importance: "HIGH",
    doc: "Folder of the files, by its absolute path. It may have `${topic}`, `${partition}` and the time of the record as `${time:yyyy-MM-dd}`, in UTC, of `yyyy`, `MM`, `dd`, `HH` and `mm`.",
  },
  format: {
    type: "STRING",
    default: "json",
    oneOf: ["json", "text"],
    importance: "HIGH",
    doc: "How a value becomes a line: `json`, or `text` = as Kafka Connect's own file sink prints it, such as `Struct{id=1}`.",
  },
  compression: {
    type: "STRING",
    default: "none",
    oneOf: ["none", "gzip", "zstd"],
    importance: "MEDIUM",
    doc: "How files are compressed.",
  },
  "rotate.bytes": {
    type: "LONG",
    default: 128 * 1024 * 1024,
    min: 1,
    importance: "MEDIUM",
    doc: "A file is complete when its lines have so many bytes, before compression.",
  },
  "rotate.records": {
    type: "LONG",
    default: 1_000_000,
    min: 1,
    importance: "MEDIUM",
    doc: "A file is complete when it has so many lines.",
  },
  "rotate.interval.ms": {
    type: "LONG",
    default: 60_000,
    min: 1,
    importance: "MEDIUM",
    doc: "A file is complete so long after its first line. Offsets are committed when files are.",
  },
  "max.open.files": {
    type: "INT",
    default: 100,
    min: 1,
    importance: "LOW",
    doc: "Most files that a task has open; the one that was begun first is completed where it would be more.",
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;
