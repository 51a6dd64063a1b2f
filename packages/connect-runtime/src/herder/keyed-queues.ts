import { SerialQueue } from "./serial-queue.ts";

/** A queue for each key: operations on one thing follow one another, those on others do not wait. */
export class KeyedQueues {
  readonly #queues = new Map<string, { queue: SerialQueue; waiting: number }>();

  /** @throws what the operation throws */
  async run<T>(key: string, operation: () => Promise<T>): Promise<T> {
    let entry = this.#queues.get(key);
    if (entry === undefined) {
      entry = { queue: new SerialQueue(), waiting: 0 };
      this.#queues.set(key, entry);
    }
    entry.waiting++;
    try {
      return await entry.queue.run(operation);
    } finally {
      if (--entry.waiting === 0) this.#queues.delete(key);
    }
  }
}
