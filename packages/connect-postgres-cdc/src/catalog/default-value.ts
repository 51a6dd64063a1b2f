/** A literal: a text with a cast, a bare number, or true and false; in parentheses where negative. */
const LITERAL = /^(?:B?'((?:[^']|'')*)'(?:::.*)?|\(?(-?\d+(?:\.\d+)?)\)?(?:::.*)?|(true|false))$/s;
/** Behind the text comes nothing but casts, so that `'a' || 'b'` is none. */
const CASTS = /^B?'(?:[^']|'')*'(::("[^"]*"|[\w\s.,()[\]])+)*$/s;

/**
 * The text of a default, as the server writes it for a value of the column's type: it
 * stores literals in their types and shows them by their output functions.
 * @returns undefined for an expression that is computed; null for NULL
 */
export function literalDefault(expression: string): string | null | undefined {
  if (/^NULL(::.*)?$/s.test(expression)) return null;
  const match = LITERAL.exec(expression);
  if (match === null) return undefined;
  const [, text, number, truth] = match;
  if (text !== undefined) return CASTS.test(expression) ? text.replaceAll("''", "'") : undefined;
  if (truth !== undefined) return truth === "true" ? "t" : "f";
  return number;
}
