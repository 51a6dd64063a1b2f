import { Worker } from "node:worker_threads";
import { ConnectError } from "@millrace/connect-api";
import { Calls } from "./calls.ts";
import type { FromThread, MainMethods, ThreadInit, ThreadMethods, ToThread } from "./protocol.ts";

// Under Node's own TypeScript support this file is a .ts file, and so is its neighbour.
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js",
  import.meta.url,
);

export interface HostThreadEvents {
  onMessage(message: Exclude<FromThread, { type: "ask" | "answer" }>): void;
  /** The thread has ended, by itself (`error` says why) or by `terminate`. */
  onEnd(error: Error): void;
}

/** One worker thread, seen from the main thread. */
export class HostThread {
  readonly #worker: Worker;
  readonly #shared = new SharedArrayBuffer(4);
  readonly #heartbeat = new Int32Array(this.#shared);
  readonly #calls: Calls<ThreadMethods>;
  #lastBeat = -1;
  #silentTicks = 0;
  #cause: Error | undefined;

  constructor(init: Omit<ThreadInit, "heartbeat">, methods: MainMethods, events: HostThreadEvents) {
    const workerData: ThreadInit = { ...init, heartbeat: this.#shared };
    this.#worker = new Worker(ENTRY, { workerData, stdout: false, stderr: false });
    this.#calls = new Calls((message) => this.post(message));
    this.#worker.on("message", (message: FromThread) => {
      if (message.type === "answer") this.#calls.answered(message);
      else if (message.type === "ask") void this.#calls.asked(message, methods);
      else events.onMessage(message);
    });
    this.#worker.on("error", (error: Error) => (this.#cause ??= error));
    this.#worker.on("exit", (code) => {
      const error = new ConnectError(`The task thread ended (exit code ${code})`, {
        ...(this.#cause && { cause: this.#cause }),
      });
      this.#calls.close(error);
      events.onEnd(error);
    });
  }

  post(message: ToThread): void {
    // A thread's messages have no target origin, unlike a window's.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#worker.postMessage(message);
  }

  get ask(): Calls<ThreadMethods>["ask"] {
    return this.#calls.ask.bind(this.#calls);
  }

  /**
   * Looks at the heartbeat; call it at a steady pace. Ticks are counted instead of time
   * measured, so that a process that was suspended as a whole is not taken for a stuck
   * thread; nor is one counted that is still starting, which takes long on a busy machine.
   * @returns for how many ticks in a row the thread has been silent
   */
  tick(): number {
    const beat = Atomics.load(this.#heartbeat, 0);
    this.#silentTicks = beat === this.#lastBeat && beat > 0 ? this.#silentTicks + 1 : 0;
    this.#lastBeat = beat;
    return this.#silentTicks;
  }

  get silentTicks(): number {
    return this.#silentTicks;
  }

  /** Ends the thread at once, also out of an endless loop. */
  async terminate(cause: Error): Promise<void> {
    this.#cause ??= cause;
    await this.#worker.terminate();
  }
}
