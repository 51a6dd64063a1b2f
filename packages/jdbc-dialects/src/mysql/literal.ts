import { DataError } from "@millrace/connect-api";
import type { DriverValue } from "../session.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, temporalText, wholeText } from "../writing/literals.ts";

/**
 * A bound value in the text of a statement.
 * @param plainBackslash as with the server's `NO_BACKSLASH_ESCAPES`: a backslash is a character like any other
 * @throws {DataError} for a number that MySQL does not have
 */
export function literal(kind: Kind, value: DriverValue, plainBackslash: boolean): string {
  if (value === null) return "NULL";
  switch (typeof value) {
    case "boolean":
      return value ? "1" : "0";
    case "bigint":
      return String(value);
    case "number": {
      const temporal = temporalText(kind, value);
      if (temporal !== undefined) return `'${temporal}'`;
      if (!Number.isFinite(value)) throw new DataError(`MySQL has no number ${value}`);
      return String(value);
    }
    case "string":
      return quoted(value, plainBackslash);
    default:
      return value.byteLength === 0 ? "''" : `x'${bytesHex(value)}'`;
  }
}

function quoted(text: string, plainBackslash: boolean): string {
  const special = plainBackslash ? /'/g : /['\\\0]/g;
  const escaped = wholeText(text).replace(special, (char) => (char === "\0" ? "\\0" : char + char));
  return `'${escaped}'`;
}
