import { DataError } from "@millrace/connect-api";

/** Before a schema's id, which the registry that gave it knows. */
export const MAGIC = 0;
/** Before a schema's GUID, which is the same in all registries. */
const GUID_MAGIC = 1;

/** The magic byte and the schema's id. */
const ID_LENGTH = 5;
const GUID_LENGTH = 17;

/** How a message names its schema: the registry's id, or a GUID as text. */
export type SchemaId = number | string;

/**
 * The id of the schema that a message was written by, from the message's first bytes or from its
 * header (Confluent: `SchemaId`, `DualSchemaIdDeserializer`).
 * @throws {DataError} when it is no message of Confluent's format: its first bytes are
 *   shown, and what it looks like
 */
export function schemaIdOf(bytes: Uint8Array): SchemaId {
  if (bytes[0] === MAGIC && bytes.length >= ID_LENGTH) {
    return (bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!;
  }
  if (bytes[0] === GUID_MAGIC && bytes.length >= GUID_LENGTH) return guidOf(bytes);
  throw new DataError(`Unknown magic byte! ${describe(bytes)}`, {
    javaName: "org.apache.kafka.common.errors.SerializationException",
  });
}

/** How many bytes an id takes, its magic byte included. */
export function lengthOf(id: SchemaId): number {
  return typeof id === "number" ? ID_LENGTH : GUID_LENGTH;
}

function guidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + 1, GUID_LENGTH - 1).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function describe(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 16));
  const more = bytes.length > 16 ? " …" : "";
  return `The message of ${bytes.length} bytes begins with ${start.toString("hex")}${more}${guess(start, bytes)}`;
}

function guess(start: Buffer, bytes: Uint8Array): string {
  if (bytes.length === 0) return ": it is empty, which is no null";
  if (bytes[0] === MAGIC) return ": it is shorter than the 5 bytes before the data";
  if (start.subarray(0, 3).toString("latin1") === "Obj") {
    return ": it looks like an Avro container file; the converter reads single records behind a schema id";
  }
  const text = start.toString("utf8");
  if (/^\s*[{[]/.test(text)) {
    return `: it looks like JSON (${JSON.stringify(text)}); org.apache.kafka.connect.json.JsonConverter reads that`;
  }
  if (/^[\x20-\x7e\s]+$/.test(text)) {
    return `: it looks like text (${JSON.stringify(text)}); org.apache.kafka.connect.storage.StringConverter reads that`;
  }
  return ": it may have been written without a schema registry";
}
