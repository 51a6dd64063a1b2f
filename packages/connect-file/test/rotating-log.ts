import {
  appendFile,
  copyFile,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { errorCode } from "../src/file-error.ts";

/** A log of numbered lines that is rotated as logrotate does it, in each of its ways. */
export class RotatingLog {
  readonly path: string;
  readonly #keep: number;
  written = 0;

  /** @param keep how many old files there are at most */
  constructor(path: string, keep: number) {
    this.path = path;
    this.#keep = keep;
  }

  async write(lines: number): Promise<void> {
    let text = "";
    for (let i = 0; i < lines; i += 1) text += `${(this.written += 1)} ${"-".repeat(70)}\n`;
    await appendFile(this.path, text);
  }

  async rename(): Promise<void> {
    await this.#shift();
    await rename(this.path, `${this.path}.1`);
    await writeFile(this.path, "");
  }

  /** Nobody writes between copying and cutting: no line is lost by the log itself. */
  async copyAndTruncate(): Promise<void> {
    await this.#shift();
    await copyFile(this.path, `${this.path}.1`);
    await truncate(this.path);
  }

  /** Compresses the newest of the old files that is not yet. */
  async compress(): Promise<void> {
    for (let n = 1; n <= this.#keep; n += 1) {
      const path = `${this.path}.${n}`;
      if (!(await exists(path))) continue;
      await writeFile(`${path}.tmp`, await promisify(gzip)(await readFile(path)));
      await rename(`${path}.tmp`, `${path}.gz`);
      await rm(path);
      return;
    }
  }

  async #shift(): Promise<void> {
    for (const suffix of ["", ".gz"]) {
      await rm(`${this.path}.${this.#keep}${suffix}`, { force: true });
      for (let n = this.#keep - 1; n > 0; n -= 1) {
        const path = `${this.path}.${n}${suffix}`;
        if (await exists(path)) await rename(path, `${this.path}.${n + 1}${suffix}`);
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
