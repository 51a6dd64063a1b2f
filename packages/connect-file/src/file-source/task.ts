import { setTimeout as sleep } from "node:timers/promises";
import { type Props, type SourceRecord, SourceTask } from "@millrace/connect-api";
import { Cleanup } from "./cleanup.ts";
import { Feed, type Fed } from "./feed.ts";
import { FileReader } from "./file-reader.ts";
import { RecordMaker } from "./records.ts";
import { decoderOf, settingsOf, TASK_COUNT, TASK_NUMBER } from "./settings.ts";
import { Watch } from "./watch.ts";

/** How long to wait where there is nothing: short after the last record, then doubling. */
const MIN_WAIT_MS = 50;
const MAX_WAIT_MS = 1_000;
const NEVER = new Promise<void>(() => {});
/** A batch of long records ends before `batch.size` is reached. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Reads its share of the files that patterns lead to. */
export class FileSourceTask extends SourceTask {
  #batchSize = 0;
  #watch: Watch | null = null;
  #feed: Feed | null = null;
  #records: RecordMaker | null = null;
  #cleanup: Cleanup | null = null;
  /** What was read last, and how much of it became records. */
  #fed: Fed | null = null;
  #next = 0;
  #waitMs = MIN_WAIT_MS;
  #failure: unknown;

  start(props: Props): void {
    const config = settingsOf(props);
    const { logger, offsetStorageReader } = this.context;
    const share = {
      number: Number(props[TASK_NUMBER] ?? 0),
      count: Number(props[TASK_COUNT] ?? 1),
    };
    const decoder = decoderOf(config);
    const watch = new Watch(config, share, offsetStorageReader, logger);
    const cleanup = new Cleanup(config, offsetStorageReader, logger);
    const reader = new FileReader(config["max.open.files"]);
    this.#batchSize = config["batch.size"];
    this.#watch = watch;
    this.#cleanup = cleanup;
    this.#records = new RecordMaker(config, decoder, logger);
    const onComplete = cleanup.add.bind(cleanup);
    this.#feed = new Feed(config, { watch, reader, decoder, logger, onComplete });
  }

  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    const records = await this.#nextBatch(signal);
    if (records.length > 0) {
      this.#waitMs = MIN_WAIT_MS;
      return records;
    }
    await this.#wait(signal);
    return null;
  }

  /** Offsets were committed: files that they cover may be cleaned up. */
  override async commit(): Promise<void> {
    const gone = (await this.#cleanup?.run()) ?? [];
    for (const file of gone) this.#watch?.forget(file);
  }

  async stop(): Promise<void> {
    const feed = this.#feed;
    this.#feed = null;
    this.#fed = null;
    await feed?.[Symbol.asyncDispose]();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const slept = sleep(this.#waitMs, undefined, {
      signal: AbortSignal.any([signal, done.signal]),
    });
    // The first scan finds what there is to begin with.
    const first = this.#watch?.firstScan ?? NEVER;
    await Promise.race([slept, first]).catch(() => {
      // Only the signals end it early.
    });
    done.abort();
    await slept.catch(() => {});
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_WAIT_MS);
  }

  async #nextBatch(signal: AbortSignal): Promise<SourceRecord[]> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const records: SourceRecord[] = [];
    let bytes = 0;
    while (records.length < this.#batchSize && bytes < BATCH_BYTES) {
      const fed = (this.#fed ??= await this.#nextFed(signal, records.length > 0));
      if (fed === null) break;
      const { ends } = fed.units;
      const from = this.#next;
      const to = Math.min(ends.length, from + this.#batchSize - records.length);
      if (!this.#add(records, fed, from, to)) break;
      bytes += ends[to - 1]! - (ends[from - 1] ?? fed.start);
      this.#next = to === ends.length ? 0 : to;
      if (to < ends.length) continue;
      this.#fed = null;
      if (fed.isComplete) this.#cleanup?.add(fed.file);
    }
    return records;
  }

  /** False when something can't be decoded that is to fail the task: thrown when the records before it were taken (I4). */
  #add(records: SourceRecord[], fed: Fed, from: number, to: number): boolean {
    const before = records.length;
    try {
      this.#records!.add(records, fed, from, to);
    } catch (error) {
      if (before === 0 && records.length === 0) throw error;
      this.#failure = error;
    }
    if (records.length > before) {
      const last = records.at(-1)!.sourceOffset!["position"] as number;
      fed.file.recordEnd = Math.max(fed.file.recordEnd, last);
    }
    return this.#failure === undefined;
  }

  /** An error that comes after records of the same batch is thrown by the next poll, so that they are not lost (I4). */
  async #nextFed(signal: AbortSignal, hasRecords: boolean): Promise<Fed | null> {
    try {
      return (await this.#feed?.next(signal)) ?? null;
    } catch (error) {
      if (!hasRecords) throw error;
      this.#failure = error;
      return null;
    }
  }
}
