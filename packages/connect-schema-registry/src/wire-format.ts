import { DataError } from "@millrace/connect-api";

export const MAGIC = 0;
/** The magic byte and the schema's id. */
export const PREFIX_LENGTH = 5;

/**
 * The id of the schema that a message was written by.
 * @throws {DataError} when it is no message of Confluent's format: its first bytes are
 *   shown, and what it looks like
 */
export function schemaIdOf(bytes: Uint8Array): number {
  if (bytes.length < PREFIX_LENGTH || bytes[0] !== MAGIC) {
    throw new DataError(`Unknown magic byte! ${describe(bytes)}`, {
      javaName: "org.apache.kafka.common.errors.SerializationException",
    });
  }
  return (bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!;
}

function describe(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 16));
  const more = bytes.length > 16 ? " …" : "";
  return `The message of ${bytes.length} bytes begins with ${start.toString("hex")}${more}${guess(start, bytes)}`;
}

function guess(start: Buffer, bytes: Uint8Array): string {
  if (bytes.length === 0) return ": it is empty, which is no null";
  if (bytes[0] === MAGIC) return ": it is shorter than the 5 bytes before the data";
  if (bytes[0] === 1 && bytes.length > 17) {
    return ": it may have the id of its schema as a GUID, which is not supported";
  }
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
