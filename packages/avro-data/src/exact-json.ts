// The language has had both for years; the type library of the compiler's target has not.
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}
const Json = JSON as unknown as ExactJson;

/** JSON.parse that gives whole numbers beyond 2^53 as bigints. @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as unknown;
  return Json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
      ? BigInt(source!)
      : value,
  );
}

/** JSON.stringify that writes bigints as numbers. */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "bigint" ? Json.rawJSON(item.toString()) : item,
  );
}
