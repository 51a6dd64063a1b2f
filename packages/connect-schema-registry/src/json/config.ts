import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

/** The keys of Confluent's `JsonSchemaDataConfig`. */
export const JSON_SCHEMA_CONFIG = {
  "object.additional.properties": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    doc: "Whether the schemas of structs allow properties that they do not name.",
  },
  "use.optional.for.nonrequired": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether what is not `required` is optional. Otherwise only what may be null is.",
  },
  "decimal.format": {
    type: "STRING",
    default: "BASE64",
    oneOf: ["BASE64", "NUMERIC"],
    ignoreCase: true,
    importance: "MEDIUM",
    doc: "How decimals are written: NUMERIC as numbers, BASE64 as texts of their bytes. Both are read either way.",
  },
  "generalized.sum.type.support": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether unions and enums are marked as in all of Confluent's converters, so that one converter's can be written by another.",
  },
  "flatten.singleton.unions": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Whether a `oneOf` or `anyOf` of one schema is read as that schema.",
  },
  "schemas.cache.config": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    doc: "Taken over from configurations for Java, and not needed: what was compiled is kept with its schema.",
  },
} as const satisfies ConfigDef;

export type JsonSchemaConfig = ConfigOf<typeof JSON_SCHEMA_CONFIG>;
