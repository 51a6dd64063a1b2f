import { isUtf8 } from "node:buffer";
import { ConnectError, DataError } from "@millrace/connect-api";
import { endOfInput, type JsonSyntaxError, syntaxError } from "./syntax-error.ts";

/**
 * The text of UTF-8 bytes.
 * @throws {JsonSyntaxError} when they are no UTF-8: nothing is replaced unseen
 */
export function decodeText(bytes: Buffer, start = 0, end = bytes.length): string {
  const text = bytes.toString("utf8", start, end);
  if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) {
    throw brokenUtf8(bytes.subarray(start, end));
  }
  return text;
}

function brokenUtf8(bytes: Buffer): JsonSyntaxError {
  const text = bytes.toString("utf8");
  let index = text.indexOf("\ufffd");
  let at = Buffer.byteLength(text.slice(0, index));
  // The replacement character may also stand in the bytes themselves.
  while (bytes.toString("latin1", at, at + 3) === "\xef\xbf\xbd") {
    const next = text.indexOf("\ufffd", index + 1);
    at += Buffer.byteLength(text.slice(index, next));
    index = next;
  }
  const lead = bytes[at] ?? 0;
  const hex = (byte: number) => `0x${byte.toString(16)}`;
  if (lead < 0xc2 || lead > 0xf4) {
    return syntaxError(text, index + 1, `Invalid UTF-8 start byte ${hex(lead)}`);
  }
  const odd = bytes.subarray(at + 1).find((byte) => (byte & 0xc0) !== 0x80);
  return odd === undefined
    ? endOfInput(text, " in VALUE_STRING")
    : syntaxError(text, index + 1, `Invalid UTF-8 middle byte ${hex(odd)}`);
}

/** The error of a text that is no JSON, as Java Connect's JsonConverter gives it. */
export function notJson(
  error: JsonSyntaxError,
  message = "Converting byte[] to Kafka Connect data failed due to serialization error: ",
): DataError {
  const serialization = new ConnectError(`${error.javaName}: ${error.message}`, {
    javaName: "org.apache.kafka.common.errors.SerializationException",
    cause: error,
  });
  return new DataError(message, { cause: serialization });
}
