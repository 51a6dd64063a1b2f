import { ConnectError } from "@millrace/connect-api";
import type { Host, Hosts } from "./hosts.ts";

/** How long the thread for questions outlives the last of them. */
const IDLE_MS = 30_000;

/**
 * Asks plugins in a thread that runs no units: one that blocks it disturbs none. The
 * thread is kept for a while, as questions come in bursts.
 */
export class Questions {
  readonly #hosts: Hosts;
  #asked = 0;
  #over: NodeJS.Timeout | undefined;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  async ask<T>(question: (thread: Host["thread"]) => Promise<T>): Promise<T> {
    const host = this.#hosts.place("questions");
    clearTimeout(this.#over);
    this.#asked++;
    try {
      return await question(host.thread);
    } catch (error) {
      if (this.#hosts.has(host)) throw error;
      throw new ConnectError(`The plugin did not answer: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      if (--this.#asked === 0) this.#over = setTimeout(() => this.#end(host), IDLE_MS).unref();
    }
  }

  /** Nothing is asked any more. */
  close(): void {
    clearTimeout(this.#over);
  }

  #end(host: Host): void {
    if (this.#hosts.has(host)) void this.#hosts.end(host);
  }
}
