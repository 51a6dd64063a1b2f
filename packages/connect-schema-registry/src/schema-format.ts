import type { ByteReader, ByteWriter } from "@millrace/avro-data";
import type { Schema } from "@millrace/connect-api";
import type { ResolvedReference, SchemaDefinition } from "./registry/schema-registry.ts";

/** A Connect schema in the registry's language. */
export interface Translation extends SchemaDefinition {
  /** For subjects that are named after it. */
  readonly recordName: string | undefined;
}

export type WriteValue = (value: unknown, out: ByteWriter) => void;

/** How to read messages of one registered schema. */
export interface Decoder {
  readonly schema: Schema | null;
  readonly read: (input: ByteReader) => unknown;
  /** Where messages of one schema may be of several types: the schema of this one. */
  readonly schemaOf?: (input: ByteReader) => Schema | null;
}

/**
 * One of the three schema languages. Everything here is done once per schema; what it gives
 * runs per record.
 */
export interface SchemaFormat {
  /** For messages, in Java's words: "Avro". */
  readonly title: string;
  translate(schema: Schema | null): Translation;
  /**
   * @param target the schema to write by: the translation itself, or one of the registry's
   * @throws {DataError} when the data does not fit the target
   */
  writer(
    schema: Schema | null,
    target: SchemaDefinition,
    references: readonly ResolvedReference[],
    strict: boolean,
  ): WriteValue;
  /** @param version of the schema in its subject */
  decoder(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
    version: number | undefined,
  ): Decoder;
  /** The name of the record that a registered schema describes. */
  recordName(
    definition: SchemaDefinition,
    references: readonly ResolvedReference[],
  ): string | undefined;
}
