import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@millrace/connect-api";
import { LineAssembler } from "./line-assembler.ts";
import type { LineSource } from "./line-source.ts";
import type { Lines } from "./lines.ts";
import { TailedFile } from "./tailed-file.ts";

/** How long a file that was renamed is still read, for those who have it open and write on. */
const LATE_WRITERS_MS = 1_000;

/**
 * The lines of a file that grows, and of the files that take its place: a renamed file is
 * read to its end before the new one, one that was cut short is read from its start.
 */
export class FileLines implements LineSource {
  readonly #file: string;
  readonly #logger: Logger;
  #startAt: number;
  #tailed: TailedFile | null = null;
  #assembler: LineAssembler;
  #replacedSince: number | null = null;
  #toldMissing = false;

  /** @param storedPosition how far the file was read before, in bytes */
  constructor(file: string, storedPosition: number, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
    this.#startAt = storedPosition;
    this.#assembler = new LineAssembler(file, storedPosition);
  }

  async next(signal: AbortSignal): Promise<Lines | null> {
    while (!signal.aborted) {
      const tailed = (this.#tailed ??= await this.#open());
      if (tailed === null) return null;
      const read = await tailed.read();
      if (read === "changed") {
        await this.#startOver(tailed);
      } else if (read === "end") {
        if (!(await this.#isFinished(tailed))) return null;
        const last = await this.#finish(tailed);
        if (last !== null) return last;
      } else {
        this.#replacedSince = null;
        const lines = this.#assembler.push(read);
        if (lines !== null) return lines;
      }
    }
    return null;
  }

  async wait(durationMs: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(durationMs, undefined, { signal });
    } catch {
      // Only the signal ends it early.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tailed = this.#tailed;
    this.#tailed = null;
    await tailed?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<TailedFile | null> {
    const tailed = await TailedFile.open(this.#file, this.#startAt);
    if (tailed === null) {
      if (!this.#toldMissing)
        this.#logger.warn(`File ${this.#file} does not exist: waiting for it`);
      this.#toldMissing = true;
      return null;
    }
    this.#toldMissing = false;
    if (tailed.startedOver) {
      this.#logger.warn(
        `File ${this.#file} is shorter than the ${this.#startAt} bytes that were read of it before: ` +
          "it must be another one, and is read from its start",
      );
    } else if (tailed.position < this.#startAt) {
      this.#logger.info(
        `No line of file ${this.#file} starts at the stored position ${this.#startAt}: ` +
          `reading on from the start of its line at ${tailed.position}`,
      );
    }
    this.#assembler = new LineAssembler(this.#file, tailed.position);
    return tailed;
  }

  /** What was read is no longer in the file: someone cut it short or wrote it anew. */
  async #startOver(tailed: TailedFile): Promise<void> {
    this.#logger.warn(
      `File ${this.#file} was cut short or rewritten: reading it from its start` +
        (this.#assembler.heldBytes > 0
          ? `, without the ${this.#assembler.heldBytes} bytes of its last line, which never ended`
          : ""),
    );
    await this.#closeForGood(tailed);
  }

  /** True when another file has taken the path, and nothing more came to this one since for a while. */
  async #isFinished(tailed: TailedFile): Promise<boolean> {
    if (!(await tailed.isReplaced())) {
      this.#replacedSince = null;
      return false;
    }
    this.#replacedSince ??= performance.now();
    return performance.now() - this.#replacedSince >= LATE_WRITERS_MS;
  }

  /** Its last line may lack a line end; nobody will add one any more. */
  async #finish(tailed: TailedFile): Promise<Lines | null> {
    this.#logger.info(
      `File ${this.#file} was replaced by another one, and is read to its end at ${tailed.position}`,
    );
    await this.#closeForGood(tailed);
    return this.#assembler.finish();
  }

  async #closeForGood(tailed: TailedFile): Promise<void> {
    this.#tailed = null;
    this.#startAt = 0;
    this.#replacedSince = null;
    await tailed[Symbol.asyncDispose]();
  }
}
