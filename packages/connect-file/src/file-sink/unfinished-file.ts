import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { LineBuffer } from "../sink/line-buffer.ts";
import type { Config } from "./config.ts";
import type { Workplace } from "./workplace.ts";

/** Compressed and written at once: enough to compress well, each a member of its own. */
const BLOCK_BYTES = 1024 * 1024;

const COMPRESS: Readonly<Record<Config["compression"], (bytes: Buffer) => Promise<Buffer>>> = {
  none: (bytes) => Promise.resolve(bytes),
  gzip: promisify(gzip) as (bytes: Buffer) => Promise<Buffer>,
  zstd: promisify(zstdCompress) as (bytes: Buffer) => Promise<Buffer>,
};

/** A file that is being written. */
export class UnfinishedFile implements AsyncDisposable {
  readonly folder: string;
  readonly firstOffset: number;
  readonly begunAt: number;
  lastOffset: number;
  records = 0;
  readonly #workplace: Workplace;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #compression: Config["compression"];
  readonly #lines = new LineBuffer();
  #bytes = 0;
  /** How much of a block that could not be written as a whole was. */
  #block: Buffer | null = null;
  #written = 0;

  private constructor(
    workplace: Workplace,
    path: string,
    handle: FileHandle,
    { folder, firstOffset, compression }: UnfinishedFileOptions,
  ) {
    this.#workplace = workplace;
    this.#path = path;
    this.#handle = handle;
    this.folder = folder;
    this.firstOffset = this.lastOffset = firstOffset;
    this.#compression = compression;
    this.begunAt = performance.now();
  }

  static async begin(
    workplace: Workplace,
    options: UnfinishedFileOptions,
  ): Promise<UnfinishedFile> {
    const path = workplace.unfinished();
    try {
      return new UnfinishedFile(workplace, path, await open(path, "wx"), options);
    } catch (error) {
      throw workplace.explained(error, "make", path);
    }
  }

  /** Bytes of its lines. */
  get bytes(): number {
    return this.#bytes + this.#lines.length;
  }

  /** A block is full, and must be written. */
  get isFull(): boolean {
    return this.#lines.length >= BLOCK_BYTES;
  }

  append(line: string, offset: number): void {
    this.#lines.append(line);
    this.lastOffset = offset;
    this.records += 1;
  }

  /** Writes what is gathered. What fails is written by the next call, from where it got to. */
  async write(): Promise<void> {
    while (this.#block !== null || this.#lines.length > 0) {
      this.#block ??= await this.#takeBlock();
      try {
        while (this.#written < this.#block.length) {
          const { bytesWritten } = await this.#handle.write(this.#block, this.#written);
          this.#written += bytesWritten;
        }
      } catch (error) {
        throw this.#workplace.explained(error, "write to", this.#path);
      }
      this.#block = null;
      this.#written = 0;
    }
  }

  /** Makes it durable and gives it its name. */
  async complete(path: string): Promise<void> {
    await this.write();
    try {
      await this.#handle.sync();
    } catch (error) {
      throw this.#workplace.explained(error, "make durable", this.#path);
    }
    await this.#workplace.complete(this.#path, path);
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #takeBlock(): Promise<Buffer> {
    const lines = Buffer.from(this.#lines.bytes());
    const block = await COMPRESS[this.#compression](lines);
    this.#bytes += lines.length;
    this.#lines.clear();
    return block;
  }
}

export interface UnfinishedFileOptions {
  /** Where it is going to be. */
  readonly folder: string;
  readonly firstOffset: number;
  readonly compression: Config["compression"];
}
