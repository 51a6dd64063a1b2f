import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Names, renamed } from "./names.ts";
import { withVersions } from "./versions.ts";

/** Beside `src` and `dist`, in the package as it is installed. */
const TEMPLATE = join(import.meta.dirname, "..", "template");
/** Files that mean something to npm within any package, so the template has them under other names. */
const HIDDEN = new Map([
  ["_gitignore", ".gitignore"],
  ["_package.json", "package.json"],
]);

/** The folder is there, and not empty: nothing is written into it. */
export class FolderNotEmptyError extends Error {}

/**
 * Writes a new plugin package into a folder, which is made if need be.
 * @returns the files that were written, as paths below the folder
 * @throws {FolderNotEmptyError}
 */
export async function createPlugin(folder: string, names: Names): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const found = (await readdir(folder)).filter((name) => name !== ".git");
  if (found.length > 0) {
    throw new FolderNotEmptyError(`${folder} is not empty (${found[0]}…): name a new folder`);
  }
  const files = await filesBelow(TEMPLATE);
  const written: string[] = [];
  for (const file of files) {
    const path = renamed(HIDDEN.get(file) ?? file, names);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const text = await readFile(join(TEMPLATE, file), "utf8");
    const filled = path === "package.json" ? withVersions(text) : text;
    await writeFile(join(folder, path), renamed(filled, names));
    written.push(path);
  }
  return written.toSorted();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => !/(?:^|[/\\])(?:node_modules|dist)[/\\]/.test(file));
}
