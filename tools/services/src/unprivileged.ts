import { chown, cp, mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { dirname } from "node:path";
import { cached, enterableByOthers } from "./cache.ts";

/** For servers that refuse to run as root. Every system has this user. */
const USER = "nobody";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

let user: User | undefined;

/** The user to start such a server as: undefined (our own) when we are not root. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  user ??= { uid: idOf("-u"), gid: idOf("-g") };
  return user;
}

const idOf = (option: string): number =>
  Number(execFileSync("id", [option, USER], { encoding: "utf8" }));

/** Makes a folder that the unprivileged user owns, for nobody else to read. */
export async function makeOwnedFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const owner = unprivilegedUser();
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  return path;
}

/**
 * A folder of programs where the unprivileged user can run them: the folder
 * itself, or a cached copy of it where it lies in a home that is closed to
 * others (a clone in root's home, say).
 */
export async function reachableForUser(folder: string, name: string): Promise<string> {
  if (unprivilegedUser() === undefined || enterableByOthers(dirname(folder))) return folder;
  return await cached(name, (copy) =>
    cp(folder, copy, { recursive: true, verbatimSymlinks: true }),
  );
}
