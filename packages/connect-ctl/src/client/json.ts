/** Not in TypeScript's library yet; in Node from 22. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/**
 * Parses JSON without losing a digit: numbers that JavaScript would change (64-bit
 * integers of offsets, `1.0`) stay as they are written, and are written so again by
 * `JSON.stringify`.
 * @throws {SyntaxError} for what is not JSON
 */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_, value, { source }) =>
    typeof value === "number" && String(value) !== source ? json.rawJSON(source) : value,
  );
}

/**
 * Parses JSON of configurations, whose values are all texts to Kafka Connect: numbers and
 * booleans become what is written in the file.
 * @throws {SyntaxError} for what is not JSON
 */
export function parseJsonOfTexts(text: string): unknown {
  return json.parse(text, (_, value, { source }) =>
    typeof value === "number" || typeof value === "boolean" ? source : value,
  );
}
