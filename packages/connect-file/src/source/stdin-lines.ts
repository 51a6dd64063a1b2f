import { once } from "node:events";
import { createReadStream, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty, ReadStream } from "node:tty";
import { isMainThread } from "node:worker_threads";
import { ConnectError } from "@millrace/connect-api";
import { LineAssembler } from "./line-assembler.ts";
import type { LineSource } from "./line-source.ts";
import type { Lines } from "./lines.ts";

/** The lines of the worker's standard input; positions mean nothing there. */
export class StdinLines implements LineSource {
  readonly #stream: Readable;
  readonly #assembler = new LineAssembler("the standard input", 0);
  #error: unknown;

  /** @throws {ConnectError} when the standard input cannot be read in this thread */
  constructor(stream: Readable = openStdin()) {
    this.#stream = stream;
    stream.on("error", this.#onError);
  }

  async next(signal: AbortSignal): Promise<Lines | null> {
    while (!signal.aborted) {
      if (this.#error !== undefined) {
        throw new ConnectError("Could not read the standard input", { cause: this.#error });
      }
      // Its type says `any`; without an encoding a stream gives buffers.
      const storage = this.#stream.read() as Buffer | null;
      if (storage === null) return this.#stream.readableEnded ? this.#assembler.finish() : null;
      const lines = this.#assembler.push({ storage, from: 0, to: storage.length });
      if (lines !== null) return lines;
    }
    return null;
  }

  async wait(durationMs: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const ended = AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([
        sleep(durationMs, undefined, { signal: ended }),
        once(this.#stream, "readable", { signal: ended }),
      ]);
    } catch {
      // Aborted, or the stream failed: the next call of `next` says so.
    }
    done.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.off("error", this.#onError);
    this.#stream.pause();
    // The process has only one standard input: another task may want it later.
    if (this.#stream !== process.stdin) this.#stream.destroy();
  }

  readonly #onError = (error: unknown): void => {
    this.#error = error;
  };
}

/**
 * In a worker thread `process.stdin` is not the one of the process, and its descriptor
 * must not be closed with the thread; opening it anew gives one of our own.
 */
function openStdin(): Readable {
  if (isMainThread) return process.stdin;
  try {
    const fd = openSync("/dev/stdin", "r");
    if (isatty(fd)) return new ReadStream(fd);
    if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false });
    return createReadStream("", { fd });
  } catch (cause) {
    throw new ConnectError(
      "Could not open the standard input in this task's thread. " +
        'Name a file under the key "file", or run the task in the main thread.',
      { cause },
    );
  }
}
