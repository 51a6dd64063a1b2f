import { readFile, stat } from "node:fs/promises";
import { ConfigError, type Logger } from "@millrace/connect-api";

/** How often it is looked whether a file has changed, at most. */
const LOOK_MS = 1_000;

export interface WatchedFileOptions<T> {
  /** The configuration key that names the file. */
  readonly key: string;
  readonly path: string;
  /** @throws for a file that is wrong; the message says where, and shows nothing secret */
  readonly parse: (bytes: Buffer) => T;
  readonly logger: Pick<Logger, "info" | "error">;
  /** Milliseconds, for tests. */
  readonly now?: () => number;
}

/**
 * A file that is read anew when it has changed. A new version that is wrong, or a file that has
 * gone, is told in the log, and the last good version stays in force.
 */
export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  readonly #now: () => number;
  #value: T;
  #version: string;
  /** What was wrong with it when it was last looked at: each problem is told once. */
  #problem: string | undefined;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(options: WatchedFileOptions<T>, version: string, value: T) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#version = version;
    this.#value = value;
    this.#lookedAt = this.#now();
  }

  /** @throws {ConfigError} naming key and file */
  static async open<T>(options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
    const { key, path, parse } = options;
    try {
      const version = await versionOf(path);
      return new WatchedFile(options, version, parse(await readFile(path)));
    } catch (error) {
      throw new ConfigError(key, path, (error as Error).message, { cause: error });
    }
  }

  /** What stands in the file. */
  async value(): Promise<T> {
    if (this.#now() - this.#lookedAt >= LOOK_MS) {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
      await this.#looking;
    }
    return this.#value;
  }

  /** What stood in the file when it was last looked at. */
  get latest(): T {
    return this.#value;
  }

  async #look(): Promise<void> {
    const { path, parse, logger } = this.#options;
    try {
      const version = await versionOf(path);
      if (version !== this.#version) {
        this.#value = parse(await readFile(path));
        this.#version = version;
        logger.info(`${path} has changed and is in force`);
      }
      this.#problem = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#problem) {
        logger.error(`${path} cannot be used: ${message}. What it said before stays in force`);
      }
      this.#problem = message;
    }
    this.#lookedAt = this.#now();
  }
}

/** Different whenever somebody has written to the file, or put another in its place. */
async function versionOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join();
}
