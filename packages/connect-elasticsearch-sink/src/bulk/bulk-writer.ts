import type { Logger } from "@millrace/connect-api";
import type { Bulk } from "./bulk.ts";
import type { Condition } from "../condition.ts";
import type { Config } from "../config.ts";
import type { BulkDelivery } from "./bulk-delivery.ts";
import type { Operation } from "./operation.ts";
import { OperationQueue, type Overlap } from "./operation-queue.ts";

/**
 * Makes bulk requests of the operations put into it, and keeps up to
 * max.in.flight.requests of them under way. A request goes out when it is full
 * (batch.size, bulk.size.bytes) or its first operation has waited linger.ms.
 */
export class BulkWriter {
  readonly #config: Config;
  readonly #delivery: BulkDelivery;
  readonly #changed: Condition;
  readonly #logger: Logger;
  readonly #queue: OperationQueue;
  readonly #underWay = new Set<Promise<void>>();
  /** How many operations at the front of the queue need not wait for others any more. */
  #due = 0;
  #linger: NodeJS.Timeout | undefined;
  #failure: unknown;
  #stopped = false;

  /** @param changed told when a request is over, or has failed the writer */
  constructor(config: Config, delivery: BulkDelivery, changed: Condition, logger: Logger) {
    this.#config = config;
    this.#delivery = delivery;
    this.#changed = changed;
    this.#logger = logger;
    this.#queue = new OperationQueue(overlapOf(config));
  }

  /** Why nothing is written any more; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes an operation; `send` starts what can be started. */
  add(operation: Operation): void {
    this.#queue.push(operation);
  }

  /** Sends full requests, and those that have lingered, as far as the limit in flight allows. */
  send(): void {
    while (this.#maySend() && this.#mustSend()) {
      const bulk = this.#queue.take(this.#config["batch.size"], this.#delivery.maxBytes);
      if (bulk === undefined) break;
      this.#due = Math.max(0, this.#due - bulk.operations.length);
      const delivered: Promise<void> = this.#deliver(bulk).then(() => this.#over(delivered, bulk));
      this.#underWay.add(delivered);
    }
    this.#startLingering();
  }

  /** Lets nothing linger that is in the queue now. */
  flush(): void {
    this.#due = this.#queue.length;
    this.send();
  }

  /** Nothing more is written from now on, and `failure` says why. */
  fail(error: unknown): void {
    if (this.#failure === undefined) this.#failure = error;
    // Later ones are seldom news, but they are not swallowed.
    else this.#logger.error("Writing failed further", { error });
    this.#changed.changed();
  }

  /** Forgets the operations of closed partitions, and waits until none of them is on the wire. */
  async abandonClosed(): Promise<void> {
    this.#queue.remove(({ progress }) => progress.closed);
    await this.#delivery.abandonClosed();
  }

  /** Ends what is under way, without a care for its outcome. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#linger);
    this.#delivery.stop();
    await Promise.all(this.#underWay);
  }

  /** Never rejects: what goes wrong becomes the writer's failure. */
  async #deliver(bulk: Bulk): Promise<void> {
    try {
      await this.#delivery.deliver(bulk.operations);
    } catch (error) {
      this.fail(error);
    }
  }

  #over(delivered: Promise<void>, bulk: Bulk): void {
    this.#underWay.delete(delivered);
    this.#queue.release(bulk);
    this.send();
  }

  #maySend(): boolean {
    const { "max.in.flight.requests": limit } = this.#config;
    return !this.#stopped && this.#failure === undefined && this.#underWay.size < limit;
  }

  #mustSend(): boolean {
    if (this.#queue.length === 0) return false;
    return (
      this.#due > 0 ||
      this.#queue.hasReleased ||
      this.#queue.length >= this.#config["batch.size"] ||
      this.#queue.bytes >= this.#delivery.maxBytes
    );
  }

  #startLingering(): void {
    if (this.#linger !== undefined || this.#queue.length === 0) return;
    if (this.#due > 0 || this.#stopped || this.#failure !== undefined) return;
    this.#linger = setTimeout(() => {
      this.#linger = undefined;
      this.flush();
    }, this.#config["linger.ms"]);
  }
}

function overlapOf(config: Config): Overlap {
  if (config["write.method"] === "upsert") return "one";
  return config["behavior.on.null.values"] === "delete" ? "versions" : "any";
}
