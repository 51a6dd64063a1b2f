import type { TypeForm } from "./column-type.ts";

export const BINARY_HANDLING_MODES = ["bytes", "base64", "base64-url-safe", "hex"] as const;
export type BinaryHandlingMode = (typeof BINARY_HANDLING_MODES)[number];

/** Shows bytes as the mode says: themselves, or a text of them. */
export function binaryValue(mode: BinaryHandlingMode, bytes: Buffer): Buffer | string {
  switch (mode) {
    case "bytes":
      return bytes;
    case "base64":
      return bytes.toString("base64");
    case "base64-url-safe":
      // Java's URL encoder pads, Node's does not.
      return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    case "hex":
      return bytes.toString("hex");
  }
}

const schemaOf = (mode: BinaryHandlingMode): TypeForm["schema"] => ({
  type: mode === "bytes" ? "BYTES" : "STRING",
});

/** `bytea`, of the form `\xdeadbeef`. */
export function byteaForm(mode: BinaryHandlingMode): TypeForm {
  return {
    schema: schemaOf(mode),
    zero: binaryValue(mode, Buffer.alloc(0)),
    read: (bytes, at, length) =>
      binaryValue(mode, Buffer.from(bytes.toString("latin1", at + 2, at + length), "hex")),
  };
}

/** A type without a schema of its own: the bytes of its text. */
export function binaryForm(mode: BinaryHandlingMode): TypeForm {
  return {
    schema: schemaOf(mode),
    zero: binaryValue(mode, Buffer.alloc(0)),
    read: (bytes, at, length) => binaryValue(mode, Buffer.from(bytes.subarray(at, at + length))),
  };
}
