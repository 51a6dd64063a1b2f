import type { Logger, SinkRecord } from "@millrace/connect-api";
import { jsonText } from "../json-text.ts";
import type { Condition } from "@millrace/sink-progress";
import type { Delivery } from "./delivery.ts";
import { Lane } from "./lane.ts";
import type { Pending } from "./pending.ts";
import type { SinkSettings } from "./settings.ts";

/**
 * The lanes of a task, max.in.flight.requests of them. What is to stay in order goes by one
 * lane; lanes do not wait for each other.
 */
export class Lanes {
  readonly #delivery: Delivery;
  readonly #changed: Condition;
  readonly #logger: Logger;
  readonly #lanes: readonly Lane[];
  readonly #ordering: SinkSettings["lanes"]["ordering"];
  #turn = 0;
  #latestTopic: string | undefined;
  #latestHash = 0;
  #failure: unknown;
  #stopped = false;

  /** @param changed told when a request is over */
  constructor(settings: SinkSettings, delivery: Delivery, changed: Condition, logger: Logger) {
    this.#delivery = delivery;
    this.#changed = changed;
    this.#logger = logger;
    this.#ordering = settings.lanes.ordering;
    const options = {
      batch: settings.batch,
      deliver: (batch: readonly Pending[]) => this.#deliver(batch),
      maySend: () => !this.#stopped && this.#failure === undefined,
    };
    this.#lanes = Array.from({ length: settings.lanes.maxInFlight }, () => new Lane(options));
  }

  /** Why nothing is sent any more; undefined while all is well. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Bytes of bodies that wait. */
  get bytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes) bytes += lane.bytes;
    return bytes;
  }

  add(pending: Pending): void {
    const number = this.#laneOf(pending.record) % this.#lanes.length;
    (this.#lanes[number] as Lane).add(pending);
  }

  send(): void {
    for (const lane of this.#lanes) lane.send();
  }

  flush(): void {
    for (const lane of this.#lanes) lane.flush();
  }

  /** Nothing more is sent from now on, and `failure` says why. */
  fail(error: unknown): void {
    if (this.#failure === undefined) this.#failure = error;
    // Later ones are seldom news, but they are not swallowed.
    else this.#logger.error("Sending failed further", { error });
    this.#changed.changed();
  }

  /** Forgets the records of closed partitions, and waits until none of them is on the wire. */
  async abandonClosed(): Promise<void> {
    for (const lane of this.#lanes) lane.forgetClosed();
    this.#delivery.wake();
    await this.#over();
  }

  /** Ends what is under way, without a care for its outcome. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes) lane.stop();
    this.#delivery.stop();
    await this.#over();
  }

  async #over(): Promise<void> {
    for (const { underWay } of this.#lanes) await underWay;
  }

  /** Never rejects: what goes wrong becomes the failure. */
  async #deliver(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#delivery.deliver(batch);
    } catch (error) {
      this.fail(error);
    }
    this.#changed.changed();
  }

  /** Records come in runs of one topic. */
  #hashOfTopic(topic: string): number {
    if (topic !== this.#latestTopic) {
      this.#latestTopic = topic;
      this.#latestHash = hash(topic);
    }
    return this.#latestHash;
  }

  #laneOf(record: SinkRecord): number {
    if (this.#ordering === "none") return this.#turn++;
    if (this.#ordering === "key" && record.key !== null) return hash(keyText(record.key));
    return this.#hashOfTopic(record.originalTopic) + record.originalKafkaPartition;
  }
}

/** Equal keys have equal texts. @throws {DataError} for a key that is no Connect value */
function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (key instanceof Uint8Array) {
    return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
  }
  return jsonText(null, key, "BASE64");
}

/** FNV-1a, not negative. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
