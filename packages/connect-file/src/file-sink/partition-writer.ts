import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger, TopicPartition } from "@millrace/connect-api";
import { allowedRoots, checkAllowed } from "../allowed-roots.ts";
import { fileError } from "../file-error.ts";
import type { Config } from "./config.ts";
import { fileName, spanOf } from "./file-name.ts";
import { UnfinishedFile } from "./unfinished-file.ts";
import { Workplace } from "./workplace.ts";

export interface PartitionWriterOptions {
  readonly partition: TopicPartition;
  /** All folders of the connector lie in it. */
  readonly root: string;
  /** Its name. */
  readonly connector: string;
  readonly config: Config;
  readonly logger: Logger;
}

/** Writes the records of one partition, each once: the names of complete files say which are written. */
export class PartitionWriter {
  readonly #partition: TopicPartition;
  readonly #workplace: Workplace;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #files = new Map<string, UnfinishedFile>();
  /** By folder: the last offset that is in one of its complete files, -1 where there is none. */
  readonly #written = new Map<string, number>();
  /** The offset after the last record that was put. */
  #nextOffset = 0;

  private constructor(workplace: Workplace, { partition, config, logger }: PartitionWriterOptions) {
    this.#workplace = workplace;
    this.#partition = partition;
    this.#config = config;
    this.#logger = logger;
  }

  /** Takes the partition over from whoever had it. */
  static async open(options: PartitionWriterOptions): Promise<PartitionWriter> {
    const { root, connector, partition } = options;
    const workplace = await Workplace.claim(root, connector, partition);
    return new PartitionWriter(workplace, options);
  }

  /** How many files are open, and when the first of them was begun. */
  get openFiles(): number {
    return this.#files.size;
  }

  get oldestBegunAt(): number {
    const [oldest] = this.#files.values();
    return oldest?.begunAt ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Every record before it is in a complete file.
   * @param put the offset after the last record that was put
   */
  committable(put: number): number {
    let first = put;
    for (const { firstOffset } of this.#files.values()) first = Math.min(first, firstOffset);
    return first;
  }

  /** The record was put before, and is given again. */
  hasTaken(offset: number): boolean {
    return offset < this.#nextOffset;
  }

  /** The file that a record goes into, if it is open. */
  fileOf(folder: string): UnfinishedFile | undefined {
    return this.#files.get(folder);
  }

  /** Whether the record is in a file already, which was completed before its offset was committed. */
  async isWritten(folder: string, offset: number): Promise<boolean> {
    let last = this.#written.get(folder);
    if (last === undefined) {
      last = await this.#lastOffsetIn(folder);
      this.#written.set(folder, last);
      if (offset <= last) {
        const { topic, partition } = this.#partition;
        this.#logger.info(
          `Records of ${topic}-${partition} up to offset ${last} are in ${folder} already: they are passed over`,
        );
      }
    }
    return offset <= last;
  }

  async begin(folder: string, firstOffset: number): Promise<UnfinishedFile> {
    const { compression } = this.#config;
    const options = { folder, firstOffset, compression };
    const file = await UnfinishedFile.begin(this.#workplace, options);
    this.#files.set(folder, file);
    return file;
  }

  /** The record of this offset was put. */
  took(offset: number): void {
    this.#nextOffset = offset + 1;
  }

  async completeAll(): Promise<void> {
    for (const file of this.#files.values()) await this.complete(file);
  }

  async completeOldest(): Promise<void> {
    const [oldest] = this.#files.values();
    if (oldest !== undefined) await this.complete(oldest);
  }

  /** Completes files that are old enough. */
  async completeDue(now: number): Promise<void> {
    for (const file of this.#files.values()) {
      if (now - file.begunAt >= this.#config["rotate.interval.ms"]) await this.complete(file);
    }
  }

  async complete(file: UnfinishedFile): Promise<void> {
    const { folder, firstOffset, lastOffset } = file;
    const name = fileName({ ...this.#partition, firstOffset, lastOffset }, this.#config);
    await file.complete(join(folder, name));
    this.#files.delete(folder);
    this.#written.set(folder, lastOffset);
  }

  /** Leaves what is not complete: it is read again by whoever gets the partition. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await file[Symbol.asyncDispose]();
    this.#files.clear();
    await this.#workplace.leave();
  }

  async #lastOffsetIn(folder: string): Promise<number> {
    await checkAllowed(folder, allowedRoots(), "folder");
    try {
      await makeDurably(folder);
      let last = -1;
      for (const name of await readdir(folder)) {
        const span = spanOf(name);
        if (span?.topic !== this.#partition.topic || span.partition !== this.#partition.partition)
          continue;
        last = Math.max(last, span.lastOffset);
      }
      return last;
    } catch (error) {
      throw fileError("prepare folder", folder, error);
    }
  }
}

/** A new folder is durable once its name in the one above is. */
async function makeDurably(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await using above = await open(dirname(made), "r");
    await above.sync();
  }
}
