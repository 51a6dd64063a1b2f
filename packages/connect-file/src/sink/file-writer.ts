import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, isRetriable, type Logger, RetriableError } from "@millrace/connect-api";
import { checkAllowed } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";
import type { LineWriter } from "./line-writer.ts";

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
const NEWLINE = Buffer.from("\n");

/**
 * As mode `a`, but opening a named pipe that nobody reads is an error: waiting for a reader
 * would hold one of the few threads that all files of the worker share.
 */
const APPEND = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK;
/** How long to leave a full pipe to its reader. */
const FULL_PIPE_MS = 20;

/**
 * Appends lines to a file. Each call of `write` is one write of the operating system, so
 * that the lines of tasks which append to the same file do not mix.
 */
export class FileWriter implements LineWriter {
  readonly #file: string;
  readonly #logger: Logger;
  #handle: FileHandle;
  #stats: BigIntStats;
  /** What has to be written before the next line, so that this one stands on a line of its own. */
  #unfinished: Buffer;
  /** How much of the lines that could not be written as a whole was. */
  #written = 0;
  #unsynced = false;

  private constructor(file: string, logger: Logger, opened: OpenedFile) {
    this.#file = file;
    this.#logger = logger;
    this.#handle = opened.handle;
    this.#stats = opened.stats;
    this.#unfinished = opened.endsWithinLine ? NEWLINE : NOTHING;
  }

  /** @throws {ConnectError} naming the file when it cannot be written to or is not allowed */
  static async open(file: string, logger: Logger): Promise<FileWriter> {
    const opened = await openFile(file);
    if (opened.endsWithinLine) {
      logger.warn(`File ${file} ends within a line, which is ended before the first record`);
    }
    return new FileWriter(file, logger, opened);
  }

  async write(lines: Buffer): Promise<void> {
    const bytes = this.#unfinished.length > 0 ? Buffer.concat([this.#unfinished, lines]) : lines;
    try {
      while (this.#written < bytes.length) {
        this.#unsynced = true;
        this.#written += await this.#writeSome(bytes, this.#written);
      }
    } catch (error) {
      throw fileError("write to", this.#file, error);
    }
    this.#written = 0;
    this.#unfinished = NOTHING;
  }

  async sync(): Promise<void> {
    if (this.#unsynced) {
      await this.#datasync();
      await this.#checkNotDeleted();
      this.#unsynced = false;
    }
    if (this.#stats.isFile() && (await this.#isReplaced())) {
      this.#logger.info(`File ${this.#file} was moved away: going on with a new one`);
      await this.#reopen();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #writeSome(bytes: Buffer, from: number): Promise<number> {
    for (;;) {
      try {
        return (await this.#handle.write(bytes, from)).bytesWritten;
      } catch (error) {
        if (errorCode(error) !== "EAGAIN") throw error;
        await sleep(FULL_PIPE_MS);
      }
    }
  }

  async #datasync(): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (error) {
      // Pipes and devices such as /dev/stdout have nothing to make durable.
      if (errorCode(error) === "EINVAL" && !this.#stats.isFile()) return;
      throw fileError("make durable what was written to", this.#file, error);
    }
  }

  /** What was written since the last commit went into a file that is gone: without this its offsets would be committed (I1). */
  async #checkNotDeleted(): Promise<void> {
    const { nlink } = await this.#handle.stat();
    if (nlink > 0) return;
    await this.#reopen();
    throw new RetriableError(
      `File ${this.#file} was deleted while records were written to it: ` +
        "they are written again to a new one, from the last committed offset on",
    );
  }

  async #isReplaced(): Promise<boolean> {
    try {
      const { ino, dev } = await stat(this.#file, { bigint: true });
      return ino !== this.#stats.ino || dev !== this.#stats.dev;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return true;
      throw fileError("look for", this.#file, error);
    }
  }

  async #reopen(): Promise<void> {
    const { handle, stats, endsWithinLine } = await openFile(this.#file);
    await this.#handle.close();
    this.#handle = handle;
    this.#stats = stats;
    this.#unfinished = endsWithinLine ? NEWLINE : NOTHING;
    this.#unsynced = false;
  }
}

interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
  /** Someone died within a line, or ended the file without `\n`. */
  readonly endsWithinLine: boolean;
}

async function openFile(file: string): Promise<OpenedFile> {
  await checkAllowed(file);
  let handle: FileHandle;
  try {
    handle = await open(file, APPEND);
  } catch (error) {
    throw cannotOpen(file, error);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) return { handle, stats, endsWithinLine: false };
    if (stats.size === 0n) await syncFolder(dirname(file));
    return { handle, stats, endsWithinLine: await lacksLineEnd(file, stats.size) };
  } catch (error) {
    await handle.close();
    throw cannotOpen(file, error);
  }
}

/** In Java's words, since clients see it; what the matter is and what to do stands in its cause. */
function cannotOpen(file: string, cause: unknown): ConnectError {
  const error = fileError("open for writing", file, cause);
  const message = `Couldn't find or create file '${file}' for FileStreamSinkTask`;
  return isRetriable(error)
    ? new RetriableError(message, { cause: error })
    : new ConnectError(message, { cause: error });
}

async function lacksLineEnd(file: string, size: bigint): Promise<boolean> {
  if (size === 0n) return false;
  try {
    await using reader = await open(file, "r");
    const last = Buffer.alloc(1);
    await reader.read(last, 0, 1, size - 1n);
    return last[0] !== LF;
  } catch (error) {
    // A file that this user may only write to.
    if (errorCode(error) === "EACCES") return false;
    throw error;
  }
}

/** A folder that may not be read, and every folder on Windows. */
const CANNOT_SYNC = new Set(["EACCES", "EPERM", "EISDIR", "EINVAL"]);

/** A new file is durable only once its name in the folder is; where that cannot be asked for, the system decides when. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, "r");
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC.has(errorCode(error))) throw error;
  }
}
