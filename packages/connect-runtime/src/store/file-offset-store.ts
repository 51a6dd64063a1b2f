import { access, constants, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ConnectError } from "@millrace/connect-api";
import { readHashMap, writeHashMap } from "./java-hash-map.ts";
import { canonicalKey } from "./canonical-key.ts";
import type { OffsetStore } from "./offset-store.ts";

/**
 * Source offsets in a file, for the standalone worker: Java's format, so that a file of
 * the Java worker is taken over and goes back to it. Each change writes the whole file
 * anew, beside the old one, and then takes its place: a crash leaves the one or the other.
 */
export class FileOffsetStore implements OffsetStore {
  readonly #path: string;
  /** By canonical key, with the key as it was first written: keys are kept byte by byte. */
  #offsets = new Map<string, Entry>();
  /** Writes follow one another. */
  #writing: Promise<void> = Promise.resolve();

  /** @param path `offset.storage.file.filename` */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {ConnectError} when the file is no offsets file, or could not be written later */
  async start(): Promise<void> {
    const file = await this.#read();
    await this.#checkFolder();
    if (file.length === 0) return;
    try {
      for (const [key, value] of readHashMap(file)) {
        if (key !== null && value !== null) put(this.#offsets, key.toString(), value.toString());
      }
    } catch (error) {
      throw new ConnectError(
        `The offsets file ${this.#path} (offset.storage.file.filename) is not one of Kafka Connect's: ${
          error instanceof Error ? error.message : String(error)
        }. Name another file, or remove it to read all sources from their beginning`,
        { cause: error },
      );
    }
  }

  async get(keys: readonly string[]): Promise<(string | null)[]> {
    return keys.map((key) => this.#offsets.get(canonicalKey(key))?.value ?? null);
  }

  set(entries: ReadonlyMap<string, string | null>): Promise<void> {
    const written = this.#writing.then(() => this.#write(entries));
    // The next write goes on after one that failed; who asked for it is told.
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async entries(connector: string): Promise<Map<string, string>> {
    const prefix = `[${JSON.stringify(connector)},`;
    const own = [...this.#offsets.values()].filter(({ key }) => key.startsWith(prefix));
    return new Map(own.map(({ key, value }) => [key, value]));
  }

  async stop(): Promise<void> {
    await this.#writing;
  }

  async #read(): Promise<Buffer> {
    try {
      return await readFile(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
      throw this.#failed("read", error);
    }
  }

  /** Sources would run for hours, and begin anew after a restart: better not to start at all. */
  async #checkFolder(): Promise<void> {
    try {
      await access(dirname(this.#path), constants.W_OK | constants.X_OK);
    } catch (error) {
      throw this.#failed("written", error);
    }
  }

  async #write(entries: ReadonlyMap<string, string | null>): Promise<void> {
    const offsets = new Map(this.#offsets);
    for (const [key, value] of entries) {
      if (value === null) offsets.delete(canonicalKey(key));
      else put(offsets, key, value);
    }
    const content = writeHashMap([...offsets.values()].map(({ key, value }) => [key, value]));
    try {
      await replaceFile(this.#path, content);
    } catch (error) {
      throw this.#failed("written", error);
    }
    this.#offsets = offsets;
  }

  #failed(what: string, cause: unknown): ConnectError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ConnectError(
      `The offsets file ${this.#path} (offset.storage.file.filename) cannot be ${what}: ${why}. Create its folder, make it writable for the worker, or name another file`,
      { cause },
    );
  }
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

function put(offsets: Map<string, Entry>, key: string, value: string): void {
  const canonical = canonicalKey(key);
  // Mostly they are equal: one text is kept then.
  const first = offsets.get(canonical)?.key ?? (key === canonical ? canonical : key);
  offsets.set(canonical, { key: first, value });
}

/** Durable before it is visible: the content, then the name (I1). */
async function replaceFile(path: string, content: Buffer): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
