import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ConnectError } from "@millrace/connect-api";
import { allowedRoots, checkAllowed } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";

/** An open file, or what a compressed one holds. Calls never overlap. */
export interface Content extends AsyncDisposable {
  stat(): Promise<BigIntStats>;
  /** Reads as much as there is from a position on. @returns number of bytes, fewer than asked for at the end only */
  read(into: Buffer, position: number, length: number): Promise<number>;
}

/** A compressed file is not one, or ends within. */
export class BrokenArchiveError extends ConnectError {}

/**
 * @returns null when there is no such file
 * @throws {ConnectError} naming the file when it cannot be read or is not allowed
 */
export async function openContent(path: string, isCompressed: boolean): Promise<Content | null> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer and never return.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw fileError("open", path, error);
  }
  try {
    await checkAllowed(path, allowedRoots(), "paths");
  } catch (error) {
    await handle.close();
    throw error;
  }
  return isCompressed ? new Archive(path, handle) : new PlainFile(path, handle);
}

class PlainFile implements Content {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  stat(): Promise<BigIntStats> {
    return this.#handle.stat({ bigint: true });
  }

  async read(into: Buffer, position: number, length: number): Promise<number> {
    try {
      return (await this.#handle.read(into, 0, length, position)).bytesRead;
    } catch (error) {
      throw fileError("read", this.#path, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Decompresses as it is read: quick from one position to the next, from the start for one that is past. */
class Archive implements Content {
  readonly #path: string;
  readonly #handle: FileHandle;
  #stream: AsyncIterator<Buffer> | null = null;
  /** What was decompressed from `#base` on and may be asked for again. */
  #held: Buffer[] = [];
  #base = 0;
  #heldBytes = 0;
  #isEnded = false;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  stat(): Promise<BigIntStats> {
    return this.#handle.stat({ bigint: true });
  }

  async read(into: Buffer, position: number, length: number): Promise<number> {
    if (this.#stream === null || position < this.#base) await this.#restart();
    this.#forgetBefore(position);
    while (!this.#isEnded && this.#base + this.#heldBytes < position + length) {
      await this.#more();
      this.#forgetBefore(position);
    }
    const start = position - this.#base;
    let copied = 0;
    let skip = start;
    for (const chunk of this.#held) {
      if (copied === length) break;
      const from = Math.min(skip, chunk.length);
      skip -= from;
      copied += chunk.copy(into, copied, from, Math.min(chunk.length, from + length - copied));
    }
    return copied;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream?.return?.();
    await this.#handle.close();
  }

  async #restart(): Promise<void> {
    await this.#stream?.return?.();
    const source = this.#handle.createReadStream({ start: 0, autoClose: false });
    const decompress = this.#path.endsWith(".zst") ? createZstdDecompress() : createGunzip();
    // Both ends of a pipe have errors; those of the source are passed on.
    source.on("error", (error) => decompress.destroy(error));
    decompress.on("close", () => source.destroy());
    this.#stream = source.pipe(decompress)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#held = [];
    this.#heldBytes = this.#base = 0;
    this.#isEnded = false;
  }

  async #more(): Promise<void> {
    let next: IteratorResult<Buffer>;
    try {
      next = await this.#stream!.next();
    } catch (error) {
      this.#stream = null;
      throw new BrokenArchiveError(
        `File ${this.#path} could not be decompressed behind byte ${this.#base + this.#heldBytes} of its content: ` +
          (error as Error).message,
        { cause: error },
      );
    }
    if (next.done === true) {
      this.#isEnded = true;
      return;
    }
    this.#held.push(next.value);
    this.#heldBytes += next.value.length;
  }

  #forgetBefore(position: number): void {
    for (;;) {
      const [first] = this.#held;
      if (first === undefined || this.#base + first.length > position) return;
      this.#held.shift();
      this.#base += first.length;
      this.#heldBytes -= first.length;
    }
  }
}
