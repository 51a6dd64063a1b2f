import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { ConnectError } from "@millrace/connect-api";
import { checkAllowed } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";
import type { Chunk } from "./line-assembler.ts";
import { lineStart, readAt } from "./resume.ts";

/**
 * About one batch of lines. Larger reads gain nothing, and the blocks of text they become
 * make the process larger: 170 MB with this size, 275 MB with 1 MiB.
 */
const CHUNK_BYTES = 256 * 1024;
/** Room before each chunk for the unfinished line that precedes it. */
const HEADROOM_BYTES = 64 * 1024;
/** How much of what was read last is compared before reading on. */
const GUARD_BYTES = 256;

/** What a read found: bytes, the end of the file, or that what was read before is gone. */
export type ReadResult = Chunk | "end" | "changed";

interface ReadOutcome {
  readonly storage: Buffer;
  /** Bytes read, those of the guard included. */
  readonly bytesRead: number;
  readonly error?: unknown;
}

/** A file that is read while others append to it. */
export class TailedFile implements AsyncDisposable {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #device: bigint;
  readonly #inode: bigint;
  /** True when the file was shorter than the stored position, so that it is read from its start. */
  readonly startedOver: boolean;
  #position: number;
  /** The last bytes before `#position`. */
  #guard: Buffer;
  /** One is being read into while the lines of the other are split. */
  #storage = Buffer.allocUnsafeSlow(HEADROOM_BYTES + CHUNK_BYTES);
  #otherStorage = Buffer.allocUnsafeSlow(HEADROOM_BYTES + CHUNK_BYTES);
  #ahead: Promise<ReadOutcome> | undefined;

  private constructor(
    file: string,
    handle: FileHandle,
    identity: { dev: bigint; ino: bigint },
    start: { position: number; guard: Buffer; startedOver: boolean },
  ) {
    this.#file = file;
    this.#handle = handle;
    this.#device = identity.dev;
    this.#inode = identity.ino;
    this.#position = start.position;
    this.#guard = start.guard;
    this.startedOver = start.startedOver;
  }

  /**
   * Opens a file to be read from a stored position on.
   * @returns null when the file does not exist
   * @throws {ConnectError} naming the file when it cannot be read or is not allowed
   */
  static async open(file: string, stored: number): Promise<TailedFile | null> {
    let handle: FileHandle;
    try {
      // Without O_NONBLOCK, opening a named pipe would wait for a writer and never return.
      handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw fileError("open", file, error);
    }
    try {
      return await TailedFile.#start(file, handle, stored);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  static async #start(file: string, handle: FileHandle, stored: number): Promise<TailedFile> {
    await checkAllowed(file);
    const stats = await handle.stat({ bigint: true });
    if (stats.isDirectory()) {
      throw fileError("read", file, Object.assign(new Error("a folder"), { code: "EISDIR" }));
    }
    if (!stats.isFile()) {
      throw new ConnectError(
        `Could not read file ${file}: it is a pipe or a device, which has no positions. ` +
          "Name a regular file, or leave the key file out to read the standard input.",
      );
    }
    const startedOver = stored > stats.size;
    const position = startedOver ? 0 : await lineStart(handle, stored);
    const guardFrom = Math.max(0, position - GUARD_BYTES);
    const guard = await readAt(handle, guardFrom, position - guardFrom);
    return new TailedFile(file, handle, stats, { position, guard, startedOver });
  }

  /** Position of the next byte to be read. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next bytes; they are valid until the next call.
   * @throws {ConnectError} naming the file when reading fails
   */
  async read(): Promise<ReadResult> {
    const guarded = this.#ahead === undefined ? this.#guard.length : 0;
    const { storage, bytesRead, error } = await (this.#ahead ?? this.#readInto(guarded));
    this.#ahead = undefined;
    if (error !== undefined) throw fileError("read", this.#file, error);

    const guard = storage.subarray(HEADROOM_BYTES - guarded, HEADROOM_BYTES);
    if (guarded > 0 && (bytesRead < guarded || !guard.equals(this.#guard))) return "changed";
    const count = bytesRead - guarded;
    if (count === 0) return "end";

    this.#position += count;
    const to = HEADROOM_BYTES + count;
    const recent = storage.subarray(HEADROOM_BYTES - guarded, to).subarray(-GUARD_BYTES);
    this.#guard = Buffer.from(recent);
    if (count === CHUNK_BYTES) this.#ahead = this.#readInto(0);
    return { storage, from: HEADROOM_BYTES, to };
  }

  /** True when the path leads to another file now: this one was renamed, or a link switched. */
  async isReplaced(): Promise<boolean> {
    try {
      const stats = await stat(this.#file, { bigint: true });
      return stats.ino !== this.#inode || stats.dev !== this.#device;
    } catch (error) {
      // Renamed or deleted, and no new one yet: late lines may still come to this one.
      if (errorCode(error) === "ENOENT") return false;
      throw fileError("look for", this.#file, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ahead;
    await this.#handle.close();
  }

  /** Reads the next chunk, preceded by the last `guarded` bytes before it. Never rejects: nobody may be waiting yet. */
  async #readInto(guarded: number): Promise<ReadOutcome> {
    const storage = this.#storage;
    this.#storage = this.#otherStorage;
    this.#otherStorage = storage;
    const from = HEADROOM_BYTES - guarded;
    try {
      const length = CHUNK_BYTES + guarded;
      const at = this.#position - guarded;
      const { bytesRead } = await this.#handle.read(storage, from, length, at);
      return { storage, bytesRead };
    } catch (error) {
      return { storage, bytesRead: 0, error };
    }
  }
}
