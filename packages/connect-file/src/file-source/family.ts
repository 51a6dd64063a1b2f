import { hash } from "node:crypto";
import { basename, dirname, join } from "node:path";

const COMPRESSED = /\.(?:gz|zst)$/;
/** `.1`, as logrotate counts. */
const COUNTED = /\.\d{1,5}$/;
/** `-20261127`, `.2026-11-27`, `_2026-11-27T10-15`, with or without a time, before or behind the extension. */
const DATED = /[._-]\d{4}-?\d{2}-?\d{2}(?:[T._-]?\d{2}(?:[-.]?\d{2}){0,2})?(?![\dA-Za-z])/g;

/** True for a file that is read through decompression. */
export function isCompressed(path: string): boolean {
  return COMPRESSED.test(path);
}

/**
 * What all names of a file have in common while it is rotated: `app.log`, `app.log.1`,
 * `app.log-20261127.gz` and `app.2026-11-27.log` are one family.
 */
export function familyOf(path: string): string {
  let name = basename(path).replace(COMPRESSED, "");
  for (let before = ""; before !== name;) {
    before = name;
    name = name.replace(COUNTED, "").replaceAll(DATED, "");
  }
  return join(dirname(path), name);
}

/**
 * Whether a path may be that of a copy of a file which was read under a key: what was compressed, or
 * what was copied away from under the name that stays, before the file was cut short.
 */
export function mayBeCopy(path: string, key: string): boolean {
  return isCompressed(path) || (path !== key && familyOf(path) === key);
}

/** The path of a compressed file without what compressing has added. */
export function uncompressedPath(path: string): string {
  return path.replace(COMPRESSED, "");
}

/**
 * Which of the tasks reads a file: the one that reads what it was or will be called, too, while it
 * is rotated.
 */
export function taskOf(name: string, tasks: number): number {
  return tasks === 1 ? 0 : Number.parseInt(hash("sha256", name, "hex").slice(0, 12), 16) % tasks;
}
