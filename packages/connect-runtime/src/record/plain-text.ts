import { javaText, type Schema } from "@millrace/connect-api";
import { JsonConverter } from "@millrace/connect-converters";

let converter: JsonConverter | undefined;

/** JSON without schema, decimals as numbers. @throws {DataError} for what has no JSON */
export function plainJson(schema: Schema | null, value: unknown): string | null {
  if (converter === undefined) {
    converter = new JsonConverter();
    converter.configure({ "schemas.enable": "false", "decimal.format": "NUMERIC" }, false);
  }
  const json = converter.fromConnectData("", [], schema, value);
  return json === null || typeof json === "string" ? json : Buffer.from(json).toString();
}

/** Of any value, also one that does not fit its schema, or is none of Connect's. */
export function plainText(value: unknown): string {
  try {
    return javaText(null, value);
  } catch {
    return String(value);
  }
}
