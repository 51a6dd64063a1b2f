import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import { CONVERTER_TYPE } from "../converter-type.ts";

export const JSON_CONVERTER_CONFIG = {
  ...CONVERTER_TYPE,
  "schemas.enable": {
    type: "BOOLEAN",
    default: true,
    importance: "HIGH",
    doc: 'Messages are envelopes, `{"schema": …, "payload": …}`. When false they are plain JSON without schema.',
    group: "Schemas",
    orderInGroup: 0,
    width: "MEDIUM",
    displayName: "Enable Schemas",
  },
  "schemas.cache.size": {
    type: "INT",
    default: 1000,
    importance: "HIGH",
    doc: "How many schemas read from messages are kept.",
    group: "Schemas",
    orderInGroup: 1,
    width: "MEDIUM",
    displayName: "Schema Cache Size",
  },
  "schema.content": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "JSON text of the schema of all messages read: with `schemas.enable` they are then bare payloads instead of envelopes (KIP-1054).",
    group: "Schemas",
    orderInGroup: 2,
    width: "MEDIUM",
    displayName: "Schema Content",
  },
  "decimal.format": {
    type: "STRING",
    default: "BASE64",
    oneOf: ["NUMERIC", "BASE64"],
    ignoreCase: true,
    importance: "LOW",
    doc: "How decimals are written: NUMERIC as JSON numbers, BASE64 as texts of their bytes. Both are read either way.",
    group: "Serialization",
    orderInGroup: 0,
    width: "MEDIUM",
    displayName: "Decimal Format",
  },
  "replace.null.with.default": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Nulls of fields that have a default become the default, in both directions.",
    group: "Serialization",
    orderInGroup: 1,
    width: "MEDIUM",
    displayName: "Replace null with default",
  },
} as const satisfies ConfigDef;

export type JsonConverterConfig = ConfigOf<typeof JSON_CONVERTER_CONFIG>;
