import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigData, ConfigProvider, Props } from "@millrace/connect-api";
import { ALLOWED_PATHS, AllowedPaths } from "./allowed-paths.ts";
import { configException } from "./config-exception.ts";

/**
 * `${directory:/path:file}`: the content of a file, as it is (Java:
 * `DirectoryConfigProvider`). Keys are names of files in the folder itself; for others
 * there is nothing.
 */
export class DirectoryConfigProvider implements ConfigProvider {
  #allowed = new AllowedPaths(undefined);

  config() {
    return ALLOWED_PATHS;
  }

  configure(props: Props): void {
    this.#allowed = new AllowedPaths(props["allowed.paths"]);
  }

  /** @throws {ConfigError} for a folder or file that cannot be read */
  async get(path: string, keys?: readonly string[]): Promise<ConfigData> {
    if (path === "") return { data: {} };
    const folder = await this.#allowed.real(path);
    if (folder === undefined || !(await isFolder(folder))) return { data: {} };
    const names = await attempt(() => readdir(folder), `Could not list directory ${path}`);
    const data = new Map<string, string>();
    // From the listing, never from the key: no key leads out of the folder.
    for (const name of names.filter((entry) => keys === undefined || keys.includes(entry))) {
      const file = await this.#allowed.real(join(path, name));
      if (file === undefined || !(await isFile(file))) continue;
      const problem = `Could not read file ${join(path, name)} for property ${name}`;
      data.set(name, await attempt(() => readFile(file, "utf8"), problem));
    }
    return { data: Object.fromEntries(data) };
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function attempt<T>(read: () => Promise<T>, problem: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw configException(problem, error);
  }
}
