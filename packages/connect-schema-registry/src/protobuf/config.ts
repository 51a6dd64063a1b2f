import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

/** The keys of Confluent's `ProtobufDataConfig`. */
export const PROTOBUF_CONFIG = {
  "enhanced.protobuf.schema.support": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether names of structs keep their package.",
  },
  "generalized.sum.type.support": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether unions and enums are marked as in all of Confluent's converters, so that one converter's can be written by another.",
  },
  "int.for.enums": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether enums are read as their numbers instead of their names.",
  },
  "optional.for.nullables": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether optional fields are those with the word `optional`, which can be null, and no others.",
  },
  "optional.for.proto2": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "The same for schemas of proto2.",
  },
  "wrapper.for.nullables": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether optional numbers, texts, bytes and booleans are written as the wrappers of google.protobuf, and these read as such.",
  },
  "wrapper.for.raw.primitives": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    doc: "Whether a wrapper of google.protobuf that is a whole message is read as its value.",
  },
  "generate.index.for.unions": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Whether the field that a `oneof` becomes has a number behind its name.",
  },
  "scrub.invalid.names": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether names that Protobuf does not allow are written with `_` in place of what is wrong with them.",
  },
  "schemas.cache.config": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    doc: "Taken over from configurations for Java, and not needed: what was compiled is kept with its schema.",
  },
} as const satisfies ConfigDef;

export type ProtobufConfig = ConfigOf<typeof PROTOBUF_CONFIG>;
