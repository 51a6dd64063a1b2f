import { MessageChannel } from "node:worker_threads";
import { Calls } from "./calls.ts";
import type { HostThread, HostThreadEvents } from "./host-thread.ts";
import type { FromThread, MainMethods, ThreadInit, ThreadMethods, ToThread } from "./protocol.ts";

/**
 * The main thread as a place for units (`task.isolation=inline`). Messages go over a
 * channel as to any thread, so that units see no difference; but nothing can be ended here.
 */
export class InlineThread implements HostThread {
  readonly name = "inline";
  readonly load = 0;
  readonly silentMs = 0;
  readonly lastUse = undefined;
  readonly standsStill = false;
  readonly #channel = new MessageChannel();
  readonly #calls: Calls<ThreadMethods>;
  readonly #onEnd: (error: Error) => void;

  constructor(init: ThreadInit, methods: MainMethods, events: HostThreadEvents) {
    const { port1: pool, port2: units } = this.#channel;
    this.#calls = new Calls((message) => this.post(message));
    this.#onEnd = events.onEnd;
    pool.on("message", (message: FromThread) => {
      if (message.type === "answer") this.#calls.answered(message);
      else if (message.type === "ask") void this.#calls.asked(message, methods);
      else events.onMessage(message);
    });
    void (async () => {
      // It brings what runs plugins, which the main thread otherwise does without.
      const { UnitHost } = await import("./unit-host.ts");
      const host = new UnitHost(init, (message) => {
        // A port's messages have no target origin, unlike a window's.
        // oxlint-disable-next-line unicorn/require-post-message-target-origin
        units.postMessage(message);
      });
      units.on("message", (message: ToThread) => host.receive(message));
    })();
  }

  post(message: ToThread): void {
    this.#channel.port1.postMessage(message);
  }

  get ask(): Calls<ThreadMethods>["ask"] {
    return this.#calls.ask.bind(this.#calls);
  }

  async terminate(cause: Error): Promise<boolean> {
    this.#channel.port1.close();
    this.#calls.close(cause);
    this.#onEnd(cause);
    return true;
  }
}
