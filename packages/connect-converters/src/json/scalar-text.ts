const SURROGATE = /[\ud800-\udfff]/;
const ESCAPE_OR_SURROGATE = /\\(?:u[0-9a-f]{4}|.)|[\ud800-\udfff]/g;

/**
 * A JSON string as Java Connect writes it: hexadecimal escapes in upper case, and
 * characters beyond the basic plane as two escapes (`\uD83D\uDE00`).
 */
export function quote(text: string): string {
  const json = JSON.stringify(text);
  // Two quotes and nothing else added: there was nothing to escape. Escapes of one letter
  // are the same in Java.
  const isSame = json.length === text.length + 2 || !json.includes("\\u");
  if (isSame && !SURROGATE.test(text)) return json;
  return json.replace(ESCAPE_OR_SURROGATE, javaEscape);
}

function javaEscape(match: string): string {
  if (match.startsWith("\\u")) return `\\u${match.slice(2).toUpperCase()}`;
  return match.startsWith("\\") ? match : `\\u${match.charCodeAt(0).toString(16).toUpperCase()}`;
}

export function isInt64(value: unknown): value is bigint {
  return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
}

/** A float by the given notation; what is no number in JSON becomes a text, as in Java. */
export function finite(value: number, notation: (value: number) => string): string {
  return Number.isFinite(value) ? notation(value) : `"${value}"`;
}

export function base64(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return `"${buffer.toString("base64")}"`;
}
