import {
  parseConfig,
  type Props,
  SourceRecord,
  SourceTask,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { checkAllowed } from "../allowed-roots.ts";
import { CONFIG } from "./config.ts";
import { FileLines } from "./file-lines.ts";
import type { LineSource } from "./line-source.ts";
import { type Lines, NO_LINES } from "./lines.ts";
import { type FilePartition, partitionOf, storedPosition } from "./offset.ts";
import { StdinLines } from "./stdin-lines.ts";

/** How long to wait where there is nothing: short after the last line, then doubling. */
const MIN_WAIT_MS = 50;
const MAX_WAIT_MS = 1_000;
/** A batch of long lines ends before `batch.size` is reached. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Reads the lines of one file (Java: `FileStreamSourceTask`). */
export class FileStreamSourceTask extends SourceTask {
  #topic = "";
  #batchSize = 0;
  #tracksPositions = false;
  /** One object for all records: the worker finds their offset by its identity. */
  #partition: FilePartition = partitionOf(null);
  #source: LineSource | null = null;
  #lines: Lines = NO_LINES;
  #nextLine = 0;
  #waitMs = MIN_WAIT_MS;
  #failure: unknown;

  async start(props: Props): Promise<void> {
    const { file, topic, "batch.size": batchSize } = parseConfig(CONFIG, props);
    this.#topic = topic;
    this.#batchSize = batchSize;
    this.#partition = partitionOf(file);
    this.#tracksPositions = Boolean(file);
    if (!file) {
      this.#source = new StdinLines();
      return;
    }
    await checkAllowed(file);
    const { offsetStorageReader, logger } = this.context;
    const offset = await offsetStorageReader.offset(this.#partition);
    this.#source = new FileLines(file, storedPosition(offset, file), logger);
  }

  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    if (this.#source === null) return null;
    const records = await this.#nextBatch(this.#source, signal);
    if (records.length > 0) {
      this.#waitMs = MIN_WAIT_MS;
      return records;
    }
    await this.#source.wait(this.#waitMs, signal);
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_WAIT_MS);
    return null;
  }

  async stop(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.[Symbol.asyncDispose]();
  }

  async #nextBatch(source: LineSource, signal: AbortSignal): Promise<SourceRecord[]> {
    const records: SourceRecord[] = [];
    let bytes = 0;
    while (records.length < this.#batchSize && bytes < BATCH_BYTES) {
      if (this.#nextLine === this.#lines.texts.length) {
        const lines = await this.#nextLines(source, signal, records.length > 0);
        if (lines === null) break;
        this.#lines = lines;
        this.#nextLine = 0;
      }
      bytes += this.#take(records);
    }
    return records;
  }

  /** An error that comes after records of the same batch is thrown by the next poll, so that they are not lost (I4). */
  async #nextLines(
    source: LineSource,
    signal: AbortSignal,
    hasRecords: boolean,
  ): Promise<Lines | null> {
    try {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      return await source.next(signal);
    } catch (error) {
      if (!hasRecords) throw error;
      this.#failure = error;
      return null;
    }
  }

  /** Moves lines into the batch until it is full or they run out; returns their size in bytes. */
  #take(records: SourceRecord[]): number {
    const { texts, start, ends } = this.#lines;
    const from = this.#nextLine;
    const to = Math.min(texts.length, from + this.#batchSize - records.length);
    const timestamp = Date.now();
    const topic = this.#topic;
    const sourcePartition = this.#partition;
    for (let i = from; i < to; i += 1) {
      records.push(
        new SourceRecord({
          topic,
          valueSchema: STRING_SCHEMA,
          value: texts[i],
          timestamp,
          sourcePartition,
          // The loop stays within both arrays.
          sourceOffset: this.#tracksPositions ? { position: ends[i] as number } : null,
        }),
      );
    }
    const size = (ends[to - 1] ?? start) - (ends[from - 1] ?? start);
    const done = to === texts.length;
    this.#nextLine = done ? 0 : to;
    if (done) this.#lines = NO_LINES;
    return size;
  }
}
