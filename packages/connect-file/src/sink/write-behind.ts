import { LineBuffer } from "./line-buffer.ts";
import type { LineWriter } from "./line-writer.ts";

/** Enough for one write: each costs about as much as formatting some hundred lines. */
const WRITE_BYTES = 256 * 1024;
/** How long fewer bytes wait for more. */
const GATHER_MS = 5;

/**
 * Gathers lines while those before are written, so that the work of a task and of its disk
 * overlap. What could not be written stays, and is written before anything else: no line is
 * dropped, and their order stays.
 */
export class WriteBehind implements AsyncDisposable {
  readonly #writer: LineWriter;
  #gathered = new LineBuffer();
  /** What is being written, or could not be. */
  #handedOver = new LineBuffer();
  /** Never rejects: what went wrong is kept for whoever asks next. */
  #underWay: Promise<void> | undefined;
  #failure: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(writer: LineWriter) {
    this.#writer = writer;
  }

  /** Enough is gathered for a write. */
  get isFull(): boolean {
    return this.#gathered.length >= WRITE_BYTES;
  }

  append(line: string): void {
    this.#gathered.append(line);
    this.#timer ??= setTimeout(() => void this.handOver(), GATHER_MS);
  }

  /**
   * Begins to write what is gathered, in one write, once what was handed over before is written.
   * Does nothing where that failed.
   */
  async handOver(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // More than one may wait here.
    while (this.#underWay !== undefined) await this.#underWay;
    if (this.#gathered.length === 0 || this.#failure !== undefined) return;
    [this.#gathered, this.#handedOver] = [this.#handedOver, this.#gathered];
    this.#underWay = this.#write();
  }

  /**
   * Tries again what could not be written.
   * @throws {ConnectError} when it still cannot be
   */
  async retryFailed(): Promise<void> {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#underWay = this.#write();
    await this.#underWay;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes all lines. @returns false when some could not be written */
  async drain(): Promise<boolean> {
    await this.handOver();
    await this.#underWay;
    return this.#failure === undefined;
  }

  /** Gives up what is not written yet, such as to a pipe that is not read: it is not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writer[Symbol.asyncDispose]();
    await this.#underWay;
  }

  async #write(): Promise<void> {
    try {
      await this.#writer.write(this.#handedOver.bytes());
      this.#handedOver.clear();
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#underWay = undefined;
    }
  }
}
