import { type FileHandle, open } from "node:fs/promises";
import { lineStart } from "../source/resume.ts";
import { type Content, openContent } from "./content.ts";
import {
  fingerprintOf,
  FULL_BYTES,
  GUARD_BYTES,
  type Guard,
  guardAt,
  isFull,
  matches,
} from "./fingerprint.ts";
import { foundAt } from "./listing.ts";
import type { Identity } from "./offset.ts";
import type { TrackedFile } from "./tracked-file.ts";

/** About one batch of lines; larger reads gain nothing and make the process larger. */
export const CHUNK_BYTES = 256 * 1024;

/** A part of a file, with some of what stands before the position that is read from. */
export interface Window {
  /** Valid until the read after the next one. */
  readonly bytes: Buffer;
  /** Position of the first byte in the file. */
  readonly from: number;
  /** There is nothing behind it. */
  readonly isEnd: boolean;
}

/** A read finds bytes, or that the path leads to another file, or that what was read before is gone. */
export type ReadResult = Window | "moved" | "changed";

/** Reads files from where they were read to, and keeps some of them open. One call at a time. */
export class FileReader implements AsyncDisposable {
  readonly #maxOpen: number;
  /** Those read last are behind. */
  readonly #open = new Map<TrackedFile, Content>();
  #storage = Buffer.allocUnsafeSlow(FULL_BYTES + CHUNK_BYTES);
  #otherStorage = Buffer.allocUnsafeSlow(FULL_BYTES + CHUNK_BYTES);

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** @throws {ConnectError} naming the file that cannot be read */
  async read(file: TrackedFile): Promise<ReadResult> {
    const content = await this.#contentOf(file);
    if (typeof content === "string") return content;
    const { position } = file;
    // The whole beginning while it is part of the fingerprint, then what the guard compares.
    const from = position <= FULL_BYTES ? 0 : position - GUARD_BYTES;
    const length = position - from + Math.max(file.want, CHUNK_BYTES);
    const storage = this.#storageOf(length);
    const bytesRead = await content.read(storage, from, length);
    const bytes = storage.subarray(0, bytesRead);
    if (bytesRead < position - from) return "changed";
    const before = bytes.subarray(0, position - from);
    if (file.guard?.position === position && guardAt(position, before).crc !== file.guard.crc) {
      return "changed";
    }
    if (from === 0 && !matches(file.fingerprint, bytes)) return "changed";
    return { bytes, from, isEnd: bytesRead < length };
  }

  /** The beginning of a file, as far as it goes, or how it can't be had. */
  async head(file: TrackedFile, length: number): Promise<Buffer | "moved" | "changed"> {
    const content = await this.#contentOf(file);
    return typeof content === "string" ? content : readHead(content, length);
  }

  /** How long a file is that is open, wherever its path leads; null when it is not open. */
  async openSize(file: TrackedFile): Promise<number | null> {
    const content = this.#open.get(file);
    return content === undefined ? null : Number((await content.stat()).size);
  }

  isOpen(file: TrackedFile): boolean {
    return this.#open.has(file);
  }

  async close(file: TrackedFile): Promise<void> {
    const content = this.#open.get(file);
    this.#open.delete(file);
    await content?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open.keys()) await this.close(file);
  }

  async #contentOf(file: TrackedFile): Promise<Content | "moved" | "changed"> {
    const known = this.#open.get(file);
    if (known !== undefined) {
      this.#open.delete(file);
      this.#open.set(file, known);
      return known;
    }
    if (file.isLost) return "moved";
    const content = await openContent(file.path, file.isCompressed);
    if (content === null) return "moved";
    this.#open.set(file, content);
    let trouble: "moved" | "changed" | null = null;
    try {
      trouble = await this.#troubleWith(file, content);
    } catch (error) {
      await this.close(file);
      throw error;
    }
    if (trouble !== null) {
      await this.close(file);
      return trouble;
    }
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= this.#maxOpen) break;
      await this.close(oldest);
    }
    return content;
  }

  /** What was opened must be the file that is meant, and still begin as it did. */
  async #troubleWith(file: TrackedFile, content: Content): Promise<"moved" | "changed" | null> {
    if (foundAt(file.path, await content.stat()).id !== file.id) return "moved";
    if (file.isPositionUnsure && !file.isCompressed) {
      file.isPositionUnsure = false;
      await using handle: FileHandle = await open(file.path);
      const { size } = await handle.stat();
      file.position = file.position > size ? 0 : await lineStart(handle, file.position);
    }
    // Reads from the start compare all of it themselves.
    if (file.position <= FULL_BYTES) return null;
    if (!(await isAsRead(content, file))) return "changed";
    if (!isFull(file.fingerprint)) {
      file.fingerprint = fingerprintOf(await readHead(content, FULL_BYTES));
    }
    return null;
  }

  /** One is read into while what was made of the other is still in use. */
  #storageOf(length: number): Buffer {
    if (length > this.#storage.length) return Buffer.allocUnsafeSlow(length);
    const storage = this.#storage;
    this.#storage = this.#otherStorage;
    this.#otherStorage = storage;
    return storage;
  }
}

/** The beginning of what is open, as far as it goes. */
export async function readHead(content: Content, length: number): Promise<Buffer> {
  const head = Buffer.alloc(length);
  return head.subarray(0, await content.read(head, 0, length));
}

/** What a guard would be at a position; null when the file does not reach it. */
export async function readGuard(content: Content, position: number): Promise<Guard | null> {
  const from = Math.max(0, position - GUARD_BYTES);
  const bytes = Buffer.alloc(position - from);
  const count = await content.read(bytes, from, bytes.length);
  return count < bytes.length ? null : guardAt(position, bytes);
}

/** Whether a file has begun, and went on, as one that was read. */
export async function isAsRead(
  content: Content,
  { fingerprint, guard }: Pick<Identity, "fingerprint" | "guard">,
): Promise<boolean> {
  if (!matches(fingerprint, await readHead(content, FULL_BYTES))) return false;
  return guard === null || (await readGuard(content, guard.position))?.crc === guard.crc;
}
