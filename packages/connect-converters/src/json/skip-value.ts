const SCALAR_END = /[\s,\]}]/g;

/**
 * Where the JSON value that begins at `start` ends. It only counts brackets: whether the
 * value is well-formed is for the parser to say.
 */
export function skipValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    switch (text.charAt(at)) {
      case "{":
      case "[":
        depth++;
        at++;
        break;
      case "}":
      case "]":
        depth--;
        at++;
        break;
      case '"':
        at = stringEnd(text, at + 1);
        break;
      case ",":
      case ":":
      case " ":
      case "\t":
      case "\r":
      case "\n":
        at++;
        break;
      default:
        at = scalarEnd(text, at);
    }
  } while (depth > 0 && at < text.length);
  return at;
}

/** Behind the quote that closes a string; the end of the text where none does. */
function stringEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

/** An odd number of backslashes before a character takes its meaning from it. */
function isEscaped(text: string, index: number): boolean {
  let at = index;
  while (text.charAt(at - 1) === "\\") at--;
  return (index - at) % 2 === 1;
}

/** At least one character further, so that broken texts come to an end too. */
function scalarEnd(text: string, start: number): number {
  SCALAR_END.lastIndex = start + 1;
  return SCALAR_END.exec(text)?.index ?? text.length;
}
