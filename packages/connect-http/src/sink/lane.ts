import { type Pending, sizeOf } from "./pending.ts";
import type { BatchSettings } from "./settings.ts";

export interface LaneOptions {
  readonly batch: BatchSettings;
  /** Sees a request through; never rejects. */
  readonly deliver: (batch: readonly Pending[]) => Promise<void>;
  /** False once nothing is to be sent any more. */
  readonly maySend: () => boolean;
}

/**
 * Records that are sent one request after the other, in the order in which they came: the
 * next leaves when the one before is over.
 */
export class Lane {
  readonly #options: LaneOptions;
  #queue: Pending[] = [];
  /** The first in the queue that was not sent; those before are dropped now and then. */
  #head = 0;
  #bytes = 0;
  /** How many at the front need not wait for others any more. */
  #due = 0;
  #underWay: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** The request under way, if there is one. */
  get underWay(): Promise<void> | undefined {
    return this.#underWay;
  }

  /** Takes a record; `send` starts what can be started. */
  add(pending: Pending): void {
    this.#queue.push(pending);
    this.#bytes += sizeOf(pending);
  }

  /** Sends the next request, if there is one and none is under way. */
  send(): void {
    if (this.#underWay !== undefined || !this.#options.maySend()) return;
    const count = this.#nextCount();
    if (count === 0) return;
    const batch = this.#queue.slice(this.#head, this.#head + count);
    this.#drop(count);
    this.#underWay = this.#deliver(batch);
  }

  /** Lets nothing linger that is here now. */
  flush(): void {
    this.#due = this.#queue.length - this.#head;
    this.send();
  }

  /** Forgets the records of closed partitions. */
  forgetClosed(): void {
    this.#queue = this.#queue.slice(this.#head).filter(({ progress }) => !progress.closed);
    this.#head = 0;
    this.#bytes = this.#queue.reduce((sum, pending) => sum + sizeOf(pending), 0);
    this.#due = Math.min(this.#due, this.#queue.length);
  }

  stop(): void {
    clearTimeout(this.#linger);
  }

  async #deliver(batch: readonly Pending[]): Promise<void> {
    await this.#options.deliver(batch);
    this.#underWay = undefined;
    this.send();
  }

  /** How many records the next request has; 0 where they are to wait for others, or there are none. */
  #nextCount(): number {
    const { maxRecords, maxBytes, lingerMs } = this.#options.batch;
    const first = this.#queue[this.#head];
    if (first === undefined) return 0;
    const waiting = this.#queue.length - this.#head;
    const most = first.body === null ? 1 : Math.min(maxRecords, waiting);
    let count = 1;
    let bytes = sizeOf(first);
    for (; count < most; count++) {
      const next = this.#queue[this.#head + count] as Pending; // count < waiting
      bytes += sizeOf(next);
      if (next.target.identity !== first.target.identity || bytes > maxBytes) break;
    }
    // Something stands behind that cannot go with it, so there is nothing to wait for.
    const isComplete = count < waiting || count === maxRecords || first.body === null;
    if (isComplete || lingerMs === 0 || this.#due > 0) return count;
    this.#linger ??= setTimeout(() => {
      this.#linger = undefined;
      this.flush();
    }, lingerMs);
    return 0;
  }

  #drop(count: number): void {
    for (let i = 0; i < count; i++) this.#bytes -= sizeOf(this.#queue[this.#head + i] as Pending);
    this.#head += count;
    this.#due = Math.max(0, this.#due - count);
    if (this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  get bytes(): number {
    return this.#bytes;
  }
}
