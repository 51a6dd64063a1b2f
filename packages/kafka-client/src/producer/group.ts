import type { KafkaError } from "../errors.ts";
import type { Bytes, RecordHeader } from "../types.ts";
import type { Delivery, DeliveryPart, DeliverySink } from "./delivery.ts";

/** One unit of acknowledgement, e.g. everything one poll returned. */
export interface ProduceGroup {
  /**
   * Writes the record into the open batch of its partition. Synchronous, and no object per record.
   * A record's index within the group is the number of earlier appends that succeeded.
   * @param timestampMs epoch milliseconds, -1 for now
   * @throws RecordTooLarge for this record only, everything else is as before; KafkaError when the
   *   producer takes no records (closed, fenced, transaction failed or not begun)
   */
  append(
    topic: string,
    partition: number,
    timestampMs: number,
    key: Bytes,
    value: Bytes,
    headers?: readonly RecordHeader[] | null,
  ): void;
  /** Records appended. */
  readonly size: number;
  /**
   * Closes the group; resolves when every record is acknowledged or has failed for good. Never
   * rejects: errors are data. Parts of one partition are in the order of their records.
   */
  send(): Promise<Delivery>;
}

/** What a group needs of its producer. */
export type Append = (
  sink: DeliverySink,
  index: number,
  topic: string,
  partition: number,
  timestampMs: number,
  key: Bytes,
  value: Bytes,
  headers: readonly RecordHeader[] | null | undefined,
) => void;

export class Group implements ProduceGroup, DeliverySink {
  readonly #append: Append;
  readonly #onClosed: () => void;
  readonly #parts: DeliveryPart[] = [];
  #error: KafkaError | undefined;
  #size = 0;
  #unsettled = 0;
  #done: Promise<Delivery> | undefined;
  #resolve: ((delivery: Delivery) => void) | undefined;

  constructor(append: Append, onClosed: () => void) {
    this.#append = append;
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#size;
  }

  append(
    topic: string,
    partition: number,
    timestampMs: number,
    key: Bytes,
    value: Bytes,
    headers?: readonly RecordHeader[] | null,
  ): void {
    if (this.#done !== undefined) throw new Error("The group was sent and takes no more records");
    this.#append(this, this.#size, topic, partition, timestampMs, key, value, headers);
    this.#size++;
    this.#unsettled++;
  }

  settle(part: DeliveryPart, count: number): void {
    this.#parts.push(part);
    this.#error ??= part.error;
    this.#unsettled -= count;
    if (this.#unsettled === 0) this.#resolve?.(this.#delivery());
  }

  send(): Promise<Delivery> {
    this.#done ??= new Promise((resolve) => {
      if (this.#unsettled === 0) resolve(this.#delivery());
      else this.#resolve = resolve;
    });
    this.#onClosed();
    return this.#done;
  }

  #delivery(): Delivery {
    const parts = this.#parts;
    return this.#error === undefined ? { parts } : { parts, error: this.#error };
  }
}
