import { statSync } from "node:fs";
import type { Logger } from "@millrace/connect-api";

/**
 * TLS options that are read anew when their files have changed: certificates live for weeks only,
 * workers longer. A new version that is wrong is told in the log, and the old one stays in force.
 */
export class RenewedTls<T> {
  readonly #read: () => T;
  readonly #files: readonly string[];
  readonly #logger: Logger;
  #version: string;
  #value: T;
  /** Told once for each version. */
  #refused: string | undefined;

  /**
   * @param files what `read` reads
   * @throws what `read` throws
   */
  constructor(files: readonly string[], read: () => T, logger: Logger) {
    this.#read = read;
    this.#logger = logger;
    this.#files = files;
    this.#version = this.#versionOfFiles();
    this.#value = read();
  }

  get value(): T {
    return this.#value;
  }

  /** @returns true when there is a new value */
  look(): boolean {
    const version = this.#versionOfFiles();
    if (version === this.#version || version === this.#refused) return false;
    try {
      this.#value = this.#read();
      this.#version = version;
      this.#logger.info(`New certificates are in force: ${this.#files.join(", ")}`);
      return true;
    } catch (error) {
      this.#refused = version;
      this.#logger.error(
        `New certificates cannot be used, the old ones stay in force: ${(error as Error).message}`,
      );
      return false;
    }
  }

  #versionOfFiles(): string {
    return this.#files
      .map((file) => {
        const found = statSync(file, { bigint: true, throwIfNoEntry: false });
        return found === undefined ? "none" : `${found.ino} ${found.size} ${found.mtimeNs}`;
      })
      .join();
  }
}
