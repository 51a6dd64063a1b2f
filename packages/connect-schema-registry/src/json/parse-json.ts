import { Decimal } from "@millrace/connect-api";

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
const Json = JSON as unknown as ExactJson;

/** JSON.parse that loses no digit: what a number cannot hold is a bigint or a `Decimal`. */
export function parseJson(text: string): unknown {
  if (!/[\d.]{16}/.test(text)) return JSON.parse(text) as unknown;
  return Json.parse(text, (_key, value, { source = "" }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    if (/^-?\d+$/.test(source)) return BigInt(source);
    return source.length > 15 ? Decimal.parse(source) : value;
  });
}
