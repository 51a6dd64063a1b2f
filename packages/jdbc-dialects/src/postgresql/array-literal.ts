import { DataError, type Schema } from "@millrace/connect-api";
import { type Bind, binderOf, type TemporalOptions } from "../writing/binder.ts";
import type { Kind } from "../writing/kind.ts";
import { bytesHex, temporalText } from "../writing/literals.ts";

/** Makes PostgreSQL's text of an array: `{1,NULL,"a \"b\""}`. */
export function arrayLiteralBinder(
  element: Kind,
  schema: Schema | null,
  temporal: TemporalOptions,
): Bind {
  const bind = binderOf(
    { schema: schema?.valueSchema ?? null, kind: element, zoned: false },
    temporal,
  );
  return (value) => {
    if (!Array.isArray(value)) throw new DataError("Not an array");
    const items = value.map((item: unknown) => {
      if (item === null || item === undefined) return "NULL";
      const bound = bind(item);
      const text =
        bound instanceof Uint8Array
          ? `\\x${bytesHex(bound)}`
          : (temporalText(element, bound) ?? String(bound));
      return `"${text.replace(/["\\]/g, "\\$&")}"`;
    });
    return `{${items.join(",")}}`;
  };
}
