import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { parseConnectors, type WantedConnector } from "./connector-file.ts";

const ENDINGS = /\.(json|ya?ml|properties)$/;

/**
 * Reads the connectors of files, of folders (their `.json`, `.yaml`, `.yml` and
 * `.properties` files, not those of folders in them) and of standard input (`-`).
 *
 * @throws {UsageError} naming what cannot be read, or a connector that is there twice
 */
export async function readConnectors(
  sources: readonly string[],
  terminal: Terminal,
): Promise<WantedConnector[]> {
  const connectors: WantedConnector[] = [];
  for (const source of sources) {
    for (const [file, content] of await contents(source, terminal)) {
      connectors.push(...parseConnectors(file, content));
    }
  }
  const files = new Map<string, string>();
  for (const { name, file } of connectors) {
    const other = files.get(name);
    if (other !== undefined) throw new UsageError(`${name} is in ${other}, and again in ${file}`);
    files.set(name, file);
  }
  return connectors;
}

async function contents(
  source: string,
  terminal: Terminal,
): Promise<(readonly [file: string, content: Buffer])[]> {
  if (source === "-") return [["-", Buffer.from(await terminal.input())]];
  try {
    if (!(await stat(source)).isDirectory()) return [[source, await readFile(source)]];
    const names = (await readdir(source)).filter((name) => ENDINGS.test(name)).toSorted();
    const files = names.map((name) => join(source, name));
    return await Promise.all(files.map(async (file) => [file, await readFile(file)] as const));
  } catch (error) {
    throw new UsageError(`Cannot read ${source}: ${(error as Error).message}`, { cause: error });
  }
}
