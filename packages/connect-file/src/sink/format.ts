import { javaText, jsonText, type Schema } from "@millrace/connect-api";

/** Makes the line of a value, without line end. */
export type Formatter = (schema: Schema | null, value: unknown) => string;

/** By the values of the key `format`. */
export const FORMATTERS: Readonly<Record<"text" | "json", Formatter>> = {
  text: javaText,
  json: jsonText,
};
