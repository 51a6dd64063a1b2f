import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

/** The keys that say how Connect's schemas become Avro's, those of Confluent's `AvroDataConfig`. */
export const AVRO_DATA_CONFIG = {
  "enhanced.avro.schema.support": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether Avro enums come back as enums, and unions name their records with the namespace.",
  },
  "connect.meta.data": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Whether names, versions, docs, parameters and defaults of Connect's schemas are kept in Avro's, as properties `connect.…`.",
  },
  "scrub.invalid.names": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether names that Avro does not allow are written with `_` in place of what is wrong with them.",
  },
  "schemas.cache.config": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    doc: "How many schemas that were read are kept.",
  },
  "generalized.sum.type.support": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether unions and enums are marked as in all of Confluent's converters, so that one converter's can be written by another.",
  },
  "ignore.default.for.nullables": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether a null stays null where an optional field has a default.",
  },
  "allow.optional.map.keys": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Whether maps whose text keys are optional become Avro maps instead of lists of entries.",
  },
  "flatten.singleton.unions": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Whether a union of one type is read as that type.",
  },
  "discard.type.doc.default": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Whether docs and defaults are taken from fields alone, never from their types.",
  },
} as const satisfies ConfigDef;

export type AvroDataConfig = ConfigOf<typeof AVRO_DATA_CONFIG>;
