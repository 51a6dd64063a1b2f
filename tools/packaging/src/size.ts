import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface Size {
  /** Bytes of the files, as npm counts them. */
  readonly bytes: number;
  /** Bytes that they take on this file system, whose blocks small files do not fill. */
  readonly onDisk: number;
}

/** How much the files below a folder take. Links are not followed. */
export async function sizeOf(folder: string): Promise<Size> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let [bytes, onDisk] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const { size, blocks } = await lstat(join(entry.parentPath, entry.name));
    bytes += size;
    onDisk += blocks * 512;
  }
  return { bytes, onDisk };
}

/** Megabytes, rounded up to one digit. */
export function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e5) / 10;
}
