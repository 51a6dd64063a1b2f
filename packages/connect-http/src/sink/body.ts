import type { SinkRecord } from "@millrace/connect-api";
import { jsonText } from "../json-text.ts";
import type { Pending } from "./pending.ts";
import type { BodySettings } from "./settings.ts";

/**
 * One record as it goes into a body.
 * @throws {DataError} for a value that cannot be written
 */
export function recordBody(
  { value, valueSchema }: SinkRecord,
  { format, decimals }: BodySettings,
): string | Uint8Array {
  if (typeof value === "string" && format === "string") return value;
  if (value instanceof Uint8Array) return value;
  return jsonText(valueSchema, value, decimals);
}

/** The body of a request; null for one without. */
export function requestBody(
  batch: readonly Pending[],
  { prefix, separator, suffix }: BodySettings,
): string | Buffer | null {
  const parts: (string | Uint8Array)[] = [];
  let isText = true;
  for (const { body } of batch) {
    if (body === null) return null;
    isText &&= typeof body === "string";
    parts.push(body);
  }
  if (isText) return prefix + parts.join(separator) + suffix;
  const pieces = parts.flatMap((part, i) => (i > 0 ? [separator, part] : [part]));
  return Buffer.concat(
    [prefix, ...pieces, suffix].map((piece) =>
      typeof piece === "string" ? Buffer.from(piece) : piece,
    ),
  );
}
