const STRING = /"(?:[^"\\]|\\.)*"/sy;
const SCALAR = /[^\s,\]}]*/y;

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
        at = end(STRING, text, at);
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
        at = end(SCALAR, text, at);
    }
  } while (depth > 0 && at < text.length);
  return at;
}

/** At least one character further, so that broken texts come to an end too. */
function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return Math.max(at + 1, pattern.test(text) ? pattern.lastIndex : text.length);
}
