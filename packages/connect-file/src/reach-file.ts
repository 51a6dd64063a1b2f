import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { checkAllowed } from "./allowed-roots.ts";
import { errorCode, fileError } from "./file-error.ts";

/**
 * Tries whether a file can be read, and reads nothing of it. One that is not there is no error: the
 * task waits for it.
 * @returns what was found, for people
 * @throws {ConnectError} why it cannot be read
 */
export async function reachToRead(file: string | null): Promise<string> {
  if (!file) return "The worker's standard input is read";
  await checkAllowed(file);
  try {
    await access(file, constants.R_OK);
    const { size } = await found(file);
    return `${file} can be read; it has ${size} bytes`;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return `${file} does not exist; the task waits for it`;
    throw fileError("read", file, error);
  }
}

/**
 * Tries whether a file can be written, or made, and does neither.
 * @returns what was found, for people
 * @throws {ConnectError} why it cannot be written
 */
export async function reachToWrite(file: string | null): Promise<string> {
  if (!file) return "The worker's standard output is written";
  await checkAllowed(file);
  try {
    await access(file, constants.W_OK);
    const { size } = await found(file);
    return `${file} can be appended to; it has ${size} bytes`;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw fileError("write to", file, error);
  }
  const folder = dirname(resolve(file));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return `${file} does not exist; it can be made`;
  } catch (error) {
    throw fileError("make", file, error);
  }
}

async function found(file: string): Promise<{ readonly size: number }> {
  const stats = await stat(file);
  if (stats.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  return stats;
}
