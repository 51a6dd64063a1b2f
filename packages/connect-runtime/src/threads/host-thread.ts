import type { Calls } from "./calls.ts";
import type { MemoryUse } from "./memory-limit.ts";
import type { FromThread, ThreadMethods, ToThread } from "./protocol.ts";

/** Where units run, seen from the pool: a worker thread, or the main thread itself. */
export interface HostThread {
  /** Unique in the process. */
  readonly name: string;
  post(message: ToThread): void;
  readonly ask: Calls<ThreadMethods>["ask"];
  /** Share of the last seconds in which its event loop was busy, 0 to 1. */
  readonly load: number;
  /** For how long its event loop has not turned, in milliseconds. */
  readonly silentMs: number;
  /** What it held when that was measured last; undefined before. */
  readonly lastUse: MemoryUse | undefined;
  /** True while its event loop does not turn. */
  readonly standsStill: boolean;
  /**
   * Ends the thread, whatever it is doing.
   * @returns false where that cannot be, and it is left to itself
   */
  terminate(cause: Error): Promise<boolean>;
}

export interface HostThreadEvents {
  readonly onMessage: (message: Exclude<FromThread, { type: "ask" | "answer" }>) => void;
  /** The thread has ended, by itself (`error` says why) or by `terminate`. */
  readonly onEnd: (error: Error) => void;
}
