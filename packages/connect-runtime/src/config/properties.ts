import { readFile } from "node:fs/promises";
import { ConnectError, type Props } from "@millrace/connect-api";

/**
 * Java's `.properties` format (`java.util.Properties.load`): `#` and `!` comments, keys
 * that end at `=`, `:` or a blank, lines continued by a backslash, escapes.
 */

/**
 * Reads a file as Java does, one byte per character (ISO-8859-1): what lies beyond is
 * written `\u20AC`.
 * @throws {ConnectError} naming the file and what is wrong with it
 */
export async function readPropertiesFile(path: string): Promise<Record<string, string>> {
  try {
    return parseProperties(await readFile(path, "latin1"));
  } catch (error) {
    throw new ConnectError(`Cannot read the properties file ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** @throws {ConnectError} for a `\u` without four hexadecimal digits */
export function parseProperties(text: string): Record<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = splitKey(line);
    properties.set(unescape(key), unescape(value));
  }
  return Object.fromEntries(properties);
}

/** Keys with a prefix, the prefix taken off; `allWithPrefix` in Java. */
export function withoutPrefix(props: Props, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(props)
      .filter(([key]) => key.startsWith(prefix) && key.length > prefix.length)
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
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
      if (char === "u") throw new ConnectError(`Malformed \\uxxxx encoding in "${text}"`);
      return char === undefined ? all.slice(1) : (ESCAPES[char] ?? char);
    },
  );
}
