import { Worker } from "node:worker_threads";
import { ConnectError } from "@millrace/connect-api";
import { endsBefore } from "../task/until.ts";
import { Calls } from "./calls.ts";
import type { HostThread, HostThreadEvents } from "./host-thread.ts";
import { type Activity, collectGarbage, inspectThread } from "./inspect.ts";
import { LoadMeter } from "./load-meter.ts";
import { MEMORY_REMEDY, type MemoryUse, MIB, resourceLimits } from "./memory-limit.ts";
import { LOAD_WINDOW_MS } from "./placement.ts";
import type {
  FromThread,
  MainMethods,
  ThreadInit,
  ThreadMethods,
  ToThread,
  WorkerThreadInit,
} from "./protocol.ts";

// Under Node's own TypeScript support this file is a .ts file, and so is its neighbour.
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js",
  import.meta.url,
);

/** How often a thread is looked at. */
export const LOOK_MS = 250;
/** A loop that has not turned for so long stands still; before that it may be a busy machine. */
const STANDS_STILL_MS = 1_000;
/** How long the end of a thread may delay what depends on it. */
const INSPECTION_LIMIT_MS = 1_000;
/** Short, for a loop may have begun to allocate meanwhile. */
const COLLECTION_LIMIT_MS = 300;
/** Collections that are asked for are at least so far apart, not to slow down honest work. */
const LOOKS_PER_COLLECTION = 4;
const TERMINATION_LIMIT_MS = 2_000;

const LOOKS_PER_SAMPLE = 4;

/** One worker thread, seen from the main thread. */
export class WorkerThread implements HostThread {
  readonly name: string;
  readonly #worker: Worker;
  readonly #heartbeat: Int32Array;
  readonly #calls: Calls<ThreadMethods>;
  readonly #loads: LoadMeter;
  readonly #onEnd: (error: Error) => void;
  #looks = 0;
  #collected = -LOOKS_PER_COLLECTION;
  #lastBeat = -1;
  #silentLooks = 0;
  #measuring = false;
  #lastUse: MemoryUse | undefined;
  #cause: Error | undefined;
  #ended = false;

  /** @param name unique in the process, and what operating systems show */
  constructor(
    name: string,
    init: ThreadInit,
    maxHeapMb: number,
    methods: MainMethods,
    events: HostThreadEvents,
  ) {
    const heartbeat = new SharedArrayBuffer(4);
    const workerData: WorkerThreadInit = { ...init, heartbeat };
    this.name = name;
    this.#heartbeat = new Int32Array(heartbeat);
    this.#onEnd = events.onEnd;
    this.#worker = new Worker(ENTRY, {
      name,
      workerData,
      stdout: false,
      stderr: false,
      resourceLimits: resourceLimits(maxHeapMb),
    });
    this.#loads = new LoadMeter(
      this.#worker.performance.eventLoopUtilization,
      LOAD_WINDOW_MS / LOOK_MS / LOOKS_PER_SAMPLE,
    );
    this.#calls = new Calls((message) => this.post(message));
    this.#worker.on("message", (message: FromThread) => {
      if (message.type === "answer") this.#calls.answered(message);
      else if (message.type === "ask") void this.#calls.asked(message, methods);
      else events.onMessage(message);
    });
    this.#worker.on("error", (error: NodeJS.ErrnoException) => {
      const message =
        error.code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `The thread ran out of memory; ${MEMORY_REMEDY}`
          : "The thread ended";
      this.#cause ??= new ConnectError(message, { cause: error });
    });
    this.#worker.on("exit", (code) =>
      this.#finish(this.#cause ?? new ConnectError(`The thread ended (exit code ${code})`)),
    );
  }

  post(message: ToThread): void {
    // A thread's messages have no target origin, unlike a window's.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#worker.postMessage(message);
  }

  get ask(): Calls<ThreadMethods>["ask"] {
    return this.#calls.ask.bind(this.#calls);
  }

  get load(): number {
    return this.#loads.load;
  }

  /**
   * Looks whether the thread lives; call it every `LOOK_MS`. Looks are counted instead of
   * time measured, so that a process that was suspended as a whole is not taken for a
   * stuck thread; nor is one counted that is still starting, which takes long on a busy
   * machine.
   */
  look(): void {
    const beat = Atomics.load(this.#heartbeat, 0);
    this.#silentLooks = beat === this.#lastBeat && beat > 0 ? this.#silentLooks + 1 : 0;
    this.#lastBeat = beat;
    if (this.#looks++ % LOOKS_PER_SAMPLE === 0) this.#loads.sample();
  }

  /** For how long its event loop has not turned. */
  get silentMs(): number {
    return this.#silentLooks * LOOK_MS;
  }

  get lastUse(): MemoryUse | undefined {
    return this.#lastUse;
  }

  get standsStill(): boolean {
    return this.silentMs >= STANDS_STILL_MS;
  }

  /** Undefined while the thread cannot answer, is being asked already, or need not be asked. */
  async memoryUse(): Promise<MemoryUse | undefined> {
    const collectedLately = this.#looks - this.#collected < LOOKS_PER_COLLECTION;
    if (this.#measuring || this.#ended || (collectedLately && this.#silentLooks === 0)) {
      return undefined;
    }
    this.#measuring = true;
    const use = await this.measure();
    this.#measuring = false;
    this.#lastUse = use ?? this.#lastUse;
    return use;
  }

  /**
   * What is left when everything is freed that nothing refers to any more.
   * @returns undefined where a thread does not turn, in which this cannot be done
   */
  async memoryInUse(): Promise<MemoryUse | undefined> {
    if (!(await collectGarbage(this.name, COLLECTION_LIMIT_MS))) return undefined;
    this.#collected = this.#looks;
    return this.measure();
  }

  /** Undefined while the thread cannot answer. */
  async measure(): Promise<MemoryUse | undefined> {
    // It is refused by a thread that ends meanwhile, which needs no watching any more.
    const asked = this.#worker.getHeapStatistics().catch(() => undefined);
    if (!(await endsBefore(asked, INSPECTION_LIMIT_MS))) return undefined;
    const heap = await asked;
    return heap && { heapMb: heap.used_heap_size / MIB, externalMb: heap.external_memory / MIB };
  }

  /** @returns undefined where the thread is in a native call and cannot tell */
  activity(): Promise<Activity | undefined> {
    return inspectThread(this.name, INSPECTION_LIMIT_MS);
  }

  /** Counts up while the event loop turns. */
  get beat(): number {
    return Atomics.load(this.#heartbeat, 0);
  }

  /**
   * Ends the thread at once, also out of an endless loop. Out of a native call no thread
   * can be ended: it is left to itself then, and ends when the call is over.
   * @returns false where it is left to itself
   */
  async terminate(cause: Error): Promise<boolean> {
    this.#cause ??= cause;
    if (await endsBefore(this.#worker.terminate(), TERMINATION_LIMIT_MS)) return true;
    this.#finish(this.#cause);
    return false;
  }

  #finish(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#calls.close(error);
    this.#onEnd(error);
  }
}
