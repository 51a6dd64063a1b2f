import { Float64 } from "@millrace/connect-api";

/** Numbers that a double may not hold, or that would lose their point: a 16-digit one, `1.0`, `1e3`. */
const DELICATE = /\d{16}|\d\.0*(?![\d.])|\d[eE][+-]?\d/;

/**
 * Parses JSON without losing digits: integers beyond 2^53 are bigints, and whole floats
 * `Float64`s.
 * @throws {SyntaxError}
 */
export function parseExactly(text: string): unknown {
  if (!DELICATE.test(text)) return JSON.parse(text);
  // The third parameter is newer than the type that TypeScript has for this.
  const revive = (_key: string, value: unknown, { source }: { source?: string } = {}): unknown =>
    typeof value === "number" && source !== undefined ? exact(value, source) : value;
  return JSON.parse(text, revive);
}

function exact(value: number, source: string): unknown {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return Number.isInteger(value) ? new Float64(value) : value;
}
