import { ConfigError, javaText, type SchemaType } from "@millrace/connect-api";
import { colonParts } from "./colon-parts.ts";

const OUTPUT_TYPES = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FLOAT32",
  "FLOAT64",
  "BOOLEAN",
  "STRING",
] as const;
const OTHER_TYPES: readonly SchemaType[] = ["ARRAY", "MAP", "STRUCT", "BYTES"];

/** What can be cast to. */
export type CastType = (typeof OUTPUT_TYPES)[number];

/** Stands for the whole key or value among the names of fields; no text has it as a name. */
export const WHOLE = "\0whole";

/**
 * The types by field, of texts such as `id:int64`; a type alone is for `WHOLE`.
 * @throws {ConfigError} naming the text that is wrong
 */
export function castSpec(spec: readonly string[]): Map<string, CastType> {
  const casts = new Map<string, CastType>();
  for (const text of spec) {
    const [first = "", second, ...more] = colonParts(text);
    if (more.length > 0) {
      // Java names the key of another transform here.
      const why = `Invalid rename mapping: ${text}`;
      throw new ConfigError("renames", javaText(null, spec), why);
    }
    if (second === undefined) casts.set(WHOLE, castType(first.trim()));
    else casts.set(first.trim(), castType(second.trim()));
  }
  if (casts.has(WHOLE) && spec.length > 1) {
    throw new ConfigError(
      "Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec",
    );
  }
  return casts;
}

function castType(text: string): CastType {
  const type = text.toUpperCase();
  const found = OUTPUT_TYPES.find((known) => known === type);
  if (found !== undefined) return found;
  throw new ConfigError(
    OTHER_TYPES.some((known) => known === type)
      ? `Cast transformation does not support casting to ${type}; supported types are [${OUTPUT_TYPES.join(", ")}]`
      : `Invalid value java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.${type} for configuration Invalid type found in casting spec: ${text}`,
  );
}
