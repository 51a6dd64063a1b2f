import type { Logger, SinkRecord } from "@millrace/connect-api";
import { nextRotation } from "@millrace/storage-formats";
import { type Batch, completeBatch, type Outcome, type Tagging } from "./batch.ts";
import type { ObjectStore } from "./client.ts";
import type { Layout } from "./layout.ts";
import { OpenFile } from "./open-file.ts";

/** A batch on its way. */
interface Pending {
  readonly batch: Batch;
  readonly settled: Promise<void>;
  outcome: Outcome | { readonly failed: unknown } | undefined;
}

/**
 * Writes the records of one Kafka partition. They go to one open file per directory; all of
 * these are completed together, as a batch, while the next one is being written. Where a batch
 * ends depends on its records alone, unless the layout goes by the clock: records that are read
 * again give the same objects.
 */
export class PartitionWriter {
  readonly #store: ObjectStore;
  readonly #layout: Layout;
  readonly #tagging: Tagging;
  readonly #logger: Logger;
  readonly #files = new Map<string, OpenFile>();
  #pending: Pending[] = [];

  /** The offset after the last record that was taken, or passed over. */
  #next: number | undefined;
  /** The offset up to which everything is in complete objects. */
  #durable: number | undefined;
  #count = 0;
  #startOffset = 0;
  #baseTime = 0;
  #lastDirectory: string | undefined;
  /** The last offset of the open batch, where another run has fixed it. */
  #endsAt: number | undefined;
  #nextSchedule: number | undefined;
  #lastRecordAt = 0;

  constructor(store: ObjectStore, layout: Layout, tagging: Tagging, logger: Logger) {
    this.#store = store;
    this.#layout = layout;
    this.#tagging = tagging;
    this.#logger = logger;
  }

  get openFiles(): Iterable<OpenFile> {
    return this.#files.values();
  }

  /** What is being completed and is not done yet: each settles without an error. */
  get pending(): readonly Promise<void>[] {
    return this.#pending
      .filter(({ outcome }) => outcome === undefined)
      .map(({ settled }) => settled);
  }

  /** Bytes of memory that are held by what is being completed. */
  get pendingMemory(): number {
    let sum = 0;
    for (const { batch, outcome } of this.#pending) {
      if (outcome === undefined) for (const file of batch.files) sum += file.memory;
    }
    return sum;
  }

  /** Takes a record, unless it has it already. @throws {DataError} when it cannot be written: it is passed over */
  write(record: SinkRecord, now: number): void {
    const offset = record.kafkaOffset;
    if (this.#next !== undefined && offset < this.#next) return;
    if (this.#endsAt !== undefined && offset > this.#endsAt) this.#cut();
    this.#next = offset + 1;
    this.#lastRecordAt = now;
    const { extract } = this.#layout.partitioner;
    const directory = this.#layout.directoryOf(record);
    const time =
      this.#layout.rotateIntervalMs > 0 && extract && record.value !== null ? extract(record) : 0;
    let file = this.#files.get(directory);
    let change = file?.changeOf(record) ?? "same";
    // A batch whose end is fixed is cut there and nowhere else, but by its schemas.
    const free = this.#endsAt === undefined;
    if (change === "rotate" || (free && this.#isDue(directory, file, time))) {
      this.#cut();
      file = undefined;
      change = "same";
    }
    if (file === undefined) {
      file = new OpenFile(this.#store, this.#layout, record, directory);
      this.#files.set(directory, file);
    }
    try {
      file.write(record, change);
    } catch (error) {
      if (file.count === 0) this.#files.delete(directory);
      throw error;
    }
    if (this.#count === 0) {
      this.#startOffset = offset;
      this.#baseTime = time;
    }
    this.#count++;
    this.#lastDirectory = directory;
    const isLast = free ? this.#count >= this.#layout.flushSize : offset === this.#endsAt;
    if (isLast) this.#cut();
  }

  /** Whether files have to be completed before a record. */
  #isDue(directory: string, file: OpenFile | undefined, time: number): boolean {
    if (this.#count === 0) return false;
    const { rotateIntervalMs, rotateOnDirectoryChange, maxOpenFiles } = this.#layout;
    if (rotateIntervalMs > 0) {
      if (time - this.#baseTime >= rotateIntervalMs) return true;
      if (rotateOnDirectoryChange && directory !== this.#lastDirectory) return true;
    }
    return maxOpenFiles > 0 && file === undefined && this.#files.size >= maxOpenFiles;
  }

  /** A record that is not written at all. */
  passOver(record: SinkRecord): void {
    const offset = record.kafkaOffset;
    if (this.#next === undefined || offset >= this.#next) this.#next = offset + 1;
  }

  /**
   * Completes files whose time has come by the clock.
   * @returns how many milliseconds it is until the next such moment; undefined = none in sight
   */
  tick(now: number): number | undefined {
    const { scheduleMs, scheduleZone, idleMs } = this.#layout;
    let next: number | undefined;
    if (scheduleZone !== undefined) {
      this.#nextSchedule ??= nextRotation(now, scheduleMs, scheduleZone);
      if (now >= this.#nextSchedule) {
        if (this.#endsAt === undefined) this.#cut();
        this.#nextSchedule = nextRotation(now, scheduleMs, scheduleZone);
      }
      next = this.#nextSchedule - now;
    }
    if (idleMs > 0 && this.#count > 0) {
      const left = this.#lastRecordAt + idleMs - now;
      if (left <= 0) {
        if (this.#endsAt === undefined) this.#cut();
      } else {
        next = Math.min(next ?? left, left);
      }
    }
    return next;
  }

  /** Hands the open files on to be completed. */
  #cut(): void {
    this.#endsAt = undefined;
    if (this.#count === 0) return;
    const files = [...this.#files.values()];
    const endOffset = Math.max(...files.map((file) => file.endOffset));
    const batch: Batch = { files, startOffset: this.#startOffset, endOffset };
    // By the clock, a batch may turn out to end elsewhere: then the next ones are others.
    const before = this.#layout.byClock ? this.#pending.at(-1) : undefined;
    const pending: Pending = {
      batch,
      settled: this.#complete(batch, before, () => pending),
      outcome: undefined,
    };
    this.#pending.push(pending);
    this.#files.clear();
    this.#count = 0;
    this.#lastDirectory = undefined;
  }

  async #complete(batch: Batch, before: Pending | undefined, self: () => Pending): Promise<void> {
    // Never in the middle of a record's way.
    await before?.settled;
    try {
      const blocked = before !== undefined && before.outcome !== "done";
      const outcome = blocked
        ? { failed: new Error("the batch before has failed") }
        : await completeBatch(
            batch,
            this.#store,
            this.#layout.byClock,
            this.#tagging,
            this.#logger,
          );
      self().outcome = outcome;
    } catch (error) {
      self().outcome = { failed: error };
    }
  }

  /**
   * Looks at what has been completed.
   * @returns where records have to be read again from, and why, when a batch was not
   */
  settle(): { readonly offset: number; readonly why: unknown } | undefined {
    while (this.#pending.length > 0) {
      const { batch, outcome } = this.#pending[0]!;
      if (outcome === undefined) return undefined;
      if (outcome !== "done") {
        const why = "failed" in outcome ? outcome.failed : undefined;
        return { offset: batch.startOffset, why };
      }
      this.#durable = batch.endOffset + 1;
      this.#pending.shift();
    }
    for (const { failure } of this.#files.values()) {
      if (failure !== undefined) return { offset: this.#startOffset, why: failure };
    }
    return undefined;
  }

  /** What may be committed; undefined while nothing may. */
  get durable(): number | undefined {
    if (this.#pending.length > 0 || this.#count > 0) return this.#durable;
    return this.#next;
  }

  /** Drops all that is not complete, to be read again from that offset on. */
  async rewind(offset: number): Promise<void> {
    const first = this.#pending[0]?.outcome;
    await this.abandon();
    this.#next = offset;
    this.#endsAt =
      first !== undefined && first !== "done" && "endsAt" in first ? first.endsAt : undefined;
  }

  /** Gives up what is not complete. */
  async abandon(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending.map(({ settled }) => settled));
    const lost = pending.filter(({ outcome }) => outcome !== "done");
    const files = [...lost.flatMap(({ batch }) => batch.files), ...this.#files.values()];
    this.#files.clear();
    this.#count = 0;
    this.#lastDirectory = undefined;
    const aborted = await Promise.allSettled(files.map((file) => file.abort()));
    for (const result of aborted) {
      if (result.status === "fulfilled") continue;
      this.#logger.warn(
        `An upload was not given up, its parts stay until the bucket's lifecycle rule removes them: ${String(result.reason)}`,
      );
    }
  }
}
