import { readFile } from "node:fs/promises";
import { ConnectError, parseProperties, type Props } from "@millrace/connect-api";

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

/** Keys with a prefix, the prefix taken off; `allWithPrefix` in Java. */
export function withoutPrefix(props: Props, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(props)
      .filter(([key]) => key.startsWith(prefix) && key.length > prefix.length)
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
