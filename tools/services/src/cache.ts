import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { withLock } from "./lock.ts";

/** Where root keeps things that an unprivileged server must reach. */
const ROOT_CACHE = "/var/cache/millrace";

/**
 * The folder for downloads, data and logs: `$XDG_CACHE_HOME/millrace`, else
 * `~/.cache/millrace`. PostgreSQL and Elasticsearch refuse to run as root and
 * get another user then, who cannot enter root's home: there, it is
 * `/var/cache/millrace`.
 */
export function cacheFolder(): string {
  const own = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "millrace");
  const folder = process.getuid?.() === 0 && !enterableByOthers(own) ? ROOT_CACHE : own;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Whether every folder on the way to `path` lets any user through. */
export function enterableByOthers(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Gives the cached folder `name`, made by `make` when it is not there yet. It
 * is made under another name and moved into place when complete, so a folder
 * that exists is whole, whenever a process died; of several processes that ask
 * at once, one makes it.
 */
export async function cached(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  return await withLock(join(cacheFolder(), "locks", name), async () => {
    if (existsSync(folder)) return folder;
    await removeUnfinished(name);
    const unfinished = `${folder}.${process.pid}-${randomBytes(4).toString("hex")}.part`;
    await mkdir(unfinished, { recursive: true });
    try {
      await make(unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return folder;
  });
}

/** Removes what a process left behind that was killed while it made the folder. */
async function removeUnfinished(name: string): Promise<void> {
  for (const other of await readdir(cacheFolder())) {
    const unfinished = other.startsWith(`${name}.`) && other.endsWith(".part");
    if (unfinished) await rm(join(cacheFolder(), other), { recursive: true, force: true });
  }
}
