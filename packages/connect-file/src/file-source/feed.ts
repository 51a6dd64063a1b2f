import { ConnectError, isRetriable, type Logger } from "@millrace/connect-api";
import type { Config } from "./config.ts";
import { BrokenArchiveError } from "./content.ts";
import type { Decoder, Units } from "./decode/units.ts";
import type { FileReader, ReadResult } from "./file-reader.ts";
import { beforeText, fileText, type PathPartition } from "./offset.ts";
import type { TrackedFile } from "./tracked-file.ts";
import { UnitReader } from "./unit-reader.ts";
import type { Watch } from "./watch.ts";

/** A file without path nor successor is still read for so long. */
const LOST_MS = 60_000;
/** How long what could not be read is left alone. */
const RETRY_MS = 10_000;

/** What came from one file, and what the offsets of its records say of that. */
export interface Fed {
  readonly file: TrackedFile;
  readonly units: Units;
  /** Where the first of them begins. */
  readonly start: number;
  readonly fileText: string;
  readonly beforeText: string;
  /** Of their records: the file may get another one behind them. */
  readonly partition: PathPartition;
  /** With them a file to be ingested was read to its end. */
  readonly isComplete: boolean;
}

interface Ahead {
  readonly file: TrackedFile;
  readonly generation: number;
  readonly result: ReadResult | null;
  readonly error: unknown;
}

/** Takes units from the files that have some, one file after the other. One call at a time. */
export class Feed implements AsyncDisposable {
  readonly #config: Config;
  readonly #watch: Watch;
  readonly #reader: FileReader;
  readonly #units: UnitReader;
  readonly #logger: Logger;
  /** Told of files to be ingested whose end has no units. */
  readonly #onComplete: (file: TrackedFile) => void;
  /** Read while the records of the one before are under way. */
  #ahead: Promise<Ahead> | null = null;

  constructor(
    config: Config,
    parts: {
      readonly watch: Watch;
      readonly reader: FileReader;
      readonly decoder: Decoder;
      readonly logger: Logger;
      readonly onComplete: (file: TrackedFile) => void;
    },
  ) {
    this.#config = config;
    this.#watch = parts.watch;
    this.#reader = parts.reader;
    this.#units = new UnitReader(config, parts.reader, parts.decoder);
    this.#logger = parts.logger;
    this.#onComplete = parts.onComplete;
  }

  /**
   * The units of the next file that has some; null when there are none now.
   * @throws {ConnectError} naming a file that can't be decoded
   */
  async next(signal: AbortSignal): Promise<Fed | null> {
    while (!signal.aborted) {
      this.#watch.look(performance.now());
      this.#ahead ??= this.#readAhead();
      if (this.#ahead === null) return null;
      const { file, generation, result, error } = await this.#ahead;
      this.#ahead = null;
      file.isQueued = false;
      if (generation !== file.generation) {
        this.#watch.makeReady(file);
        continue;
      }
      const fed =
        error === undefined ? await this.#take(file, result) : await this.#failed(file, error);
      this.#ahead = this.#readAhead();
      if (fed !== null) return fed;
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ahead;
    await this.#watch.scanned();
    await this.#reader[Symbol.asyncDispose]();
  }

  #readAhead(): Promise<Ahead> | null {
    for (;;) {
      const file = this.#watch.takeReady();
      if (file === undefined) return null;
      const isWanted = this.#watch.files.get(file.id) === file && this.#watch.files.isFirst(file);
      if (isWanted && !file.isDone) return this.#read(file);
      file.isQueued = false;
    }
  }

  /** Never rejects: nobody may be waiting yet. */
  async #read(file: TrackedFile): Promise<Ahead> {
    const { generation } = file;
    try {
      if (file.copyOf !== null) await this.#watch.identification.lookAgain(file);
      // It waits.
      const result = file.copyOf === null ? await this.#reader.read(file) : null;
      return { file, generation, result, error: undefined };
    } catch (error) {
      return { file, generation, result: null, error };
    }
  }

  async #take(file: TrackedFile, result: ReadResult | null): Promise<Fed | null> {
    if (result === null) return null;
    file.retryAt = 0;
    if (result === "moved") return this.#follow(file);
    if (result === "changed") return this.#startOver(file);
    const now = performance.now();
    const end = result.from + result.bytes.length;
    if (end > file.seenSize && end > file.position) {
      file.activeAt = now;
      this.#watch.keepBusy(file);
    }
    file.seenSize = result.isEnd ? end : -1;
    if (result.isEnd && file.isCompressed) file.seenSize = file.size;
    const isLast = result.isEnd && this.#isLast(file, now);
    const start = file.position;
    const { partition } = file;
    const before = beforeText(file.before);
    const isQuiet = result.isEnd && this.#isQuiet(file, now);
    const units = await this.#units.read(file, result, { isLast, isQuiet });
    // Of all that was seen, which is more to know the file by than what the first of the units had.
    const text = fileText(file);
    if (file.seenSize === -1) this.#watch.makeReady(file);
    else if (isLast) await this.#end(file);
    else if (file.hasLeft && this.#isSilent(file, now)) await this.#leave(file);
    const isComplete = file.isDone && this.#config.mode === "ingest";
    if (units.ends.length > 0) {
      return { file, units, start, fileText: text, beforeText: before, partition, isComplete };
    }
    if (isComplete) this.#onComplete(file);
    return null;
  }

  /** What has not ended yet has ended now. */
  #isLast(file: TrackedFile, now: number): boolean {
    if (this.#config.mode === "ingest" || file.isCompressed) return true;
    if (file.hasLeft && this.#isSilent(file, now)) {
      return file.isLost || file.isOutside || this.#watch.files.successor(file) !== undefined;
    }
    return false;
  }

  /** Events of several lines end when nothing is added for a while. */
  #isQuiet(file: TrackedFile, now: number): boolean {
    const isMultiline = this.#config["multiline.start"] !== null;
    return isMultiline && now - file.activeAt >= this.#config["multiline.timeout.ms"];
  }

  #isSilent(file: TrackedFile, now: number): boolean {
    const isReplaced = this.#watch.files.successor(file) !== undefined || !file.isLost;
    return now - file.activeAt >= (isReplaced ? this.#config["rotate.wait.ms"] : LOST_MS);
  }

  /** A file was read to its end for good, or an event to the end of its time. */
  async #end(file: TrackedFile): Promise<void> {
    if (this.#config.mode === "ingest") {
      file.isDone = true;
      await this.#reader.close(file);
    } else if (file.isCompressed) {
      file.isDone = true;
      await this.#leave(file);
    } else if (file.hasLeft) {
      await this.#leave(file);
    }
  }

  /** What was to be read under its old name was read. */
  async #leave(file: TrackedFile): Promise<void> {
    const { files, identification } = this.#watch;
    const { key } = file;
    if (file.isLost || file.isOutside) {
      const unseen = await identification.findUnseen(file);
      await this.#reader.close(file);
      files.memory.remember(file.family, file.identity);
      this.#addBefore(files.successor(file), unseen);
      this.#watch.forget(file);
    } else if (file.hasLeft) {
      files.rename(file);
    }
    const next = files.first(key);
    if (next !== undefined) this.#watch.makeReady(next);
  }

  /** Its path leads to another file, and it is not open: it may lie beside it. */
  async #follow(file: TrackedFile): Promise<null> {
    const { files, identification } = this.#watch;
    if (!file.isLost) {
      file.isLost = true;
      file.activeAt = performance.now();
    }
    this.#watch.scanSoon();
    if (file.version === null) files.memory.remember(file.family, file.identity);
    this.#watch.forget(file);
    const rest = await identification.findRest(file.key, file.family);
    const next = files.first(file.key);
    if (rest !== null) this.#addBefore(next, [rest]);
    else if (file.size > file.position && file.version === null) {
      this.#logger.warn(
        `File ${file.path} is gone, and was read up to byte ${file.position} of ${file.size}`,
      );
    }
    if (next !== undefined) this.#watch.makeReady(next);
    return null;
  }

  #addBefore(next: TrackedFile | undefined, files: readonly TrackedFile[]): void {
    for (const file of files) {
      // A scan may have come upon it meanwhile.
      if (this.#watch.files.get(file.id) !== undefined) continue;
      this.#watch.files.add(file, next);
      this.#watch.makeReady(file);
      this.#watch.keepBusy(file);
    }
  }

  /** What was read is no longer in the file: someone cut it short or wrote it anew. */
  async #startOver(file: TrackedFile): Promise<null> {
    const { files, identification } = this.#watch;
    this.#logger.warn(
      `File ${file.path} was cut short or rewritten, and is read from its start: ` +
        `it was read up to byte ${file.position}`,
    );
    await this.#reader.close(file);
    if (file.version === null) files.memory.remember(file.family, file.identity);
    const rest = await identification.findRest(file.key, file.family);
    file.before = files.after(file);
    file.startOver();
    if (rest !== null) this.#addBefore(file, [rest]);
    for (const relative of files.relatives(file.family)) {
      if (relative.copyOf === file) this.#watch.makeReady(relative);
    }
    this.#watch.scanSoon();
    this.#watch.makeReady(file);
    return null;
  }

  /** One file that can't be read does not stop the others. */
  async #failed(file: TrackedFile, error: unknown): Promise<Fed | null> {
    await this.#reader.close(file);
    if (error instanceof BrokenArchiveError) return this.#broken(file, error);
    if (isRetriable(error)) {
      this.#watch.makeReady(file);
      throw error;
    }
    if (file.retryAt === 0) {
      this.#logger.warn(`File ${file.path} cannot be read and is left out until it can`, { error });
    }
    file.retryAt = performance.now() + RETRY_MS;
    return null;
  }

  #broken(file: TrackedFile, error: BrokenArchiveError): Fed | null {
    if (this.#config["invalid.records"] === "fail") {
      throw new ConnectError(
        `${error.message}. Replace the file, leave it out with exclude.paths, or set invalid.records`,
        { cause: error },
      );
    }
    file.isDone = true;
    this.#logger.warn(`${error.message}: what is behind that is skipped`);
    return null;
  }
}
