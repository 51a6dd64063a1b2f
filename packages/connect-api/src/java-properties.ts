import { ConnectError } from "./errors.ts";

/**
 * Java's `.properties` format (`java.util.Properties.load`): `#` and `!` comments, keys
 * that end at `=`, `:` or a blank, lines continued by a backslash, escapes.
 * @throws {ConnectError} for a `\u` without four hexadecimal digits
 */
export function parseProperties(text: string): Record<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = splitKey(line);
    properties.set(unescape(key), unescape(value));
  }
  return Object.fromEntries(properties);
}

/** Lines with their continuations, without comments, empty lines and leading blanks. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, "");
    // Where a continued line has text already, a # is text and an empty line ends it.
    if (!open && (line === "" || line.startsWith("#") || line.startsWith("!"))) {
      open = undefined;
      continue;
    }
    const joined: string = (open ?? "") + line;
    const continues = /\\*$/.exec(joined)![0].length % 2 === 1;
    if (continues) open = joined.slice(0, -1);
    else {
      lines.push(joined);
      open = undefined;
    }
  }
  if (open !== undefined) lines.push(open);
  return lines;
}

function splitKey(line: string): [key: string, value: string] {
  const match = /^((?:[^\\=: \t\f]|\\.)*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line);
  return [match?.[1] ?? "", match?.[2] ?? ""];
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs,
    (all: string, hex?: string, char?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      // The text may hold a password: it is not quoted (I5).
      if (char === "u") throw new ConnectError("Malformed \\uxxxx encoding");
      return char === undefined ? all.slice(1) : (ESCAPES[char] ?? char);
    },
  );
}
