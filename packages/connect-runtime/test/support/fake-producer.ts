import type { Delivery as KafkaDelivery, KafkaError, ProduceGroup } from "@millrace/kafka-client";
import { until } from "../../src/task/until.ts";

/** A producer with room for so many records, whose broker answers when the test says so. */
export class FakeProducer {
  readonly appended: number[] = [];
  readonly acknowledged = new Set<number>();
  held = 0;
  mostHeld = 0;
  flushes = 0;
  readonly #limit: number;
  readonly #groups = new Set<FakeGroup>();
  #waiting: (() => void)[] = [];

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.held >= this.#limit;
  }

  group(): ProduceGroup {
    return new FakeGroup(this);
  }

  async ready(signal?: AbortSignal): Promise<void> {
    await this.#until(() => !this.isFull, signal);
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.flushes++;
    await this.#until(() => this.held === 0, signal);
  }

  append(group: FakeGroup, value: number): void {
    this.appended.push(value);
    this.mostHeld = Math.max(this.mostHeld, ++this.held);
    this.#groups.add(group);
  }

  /** The broker has one record more, of whichever group. @param error refuses its last one */
  answer(pick: number, error?: KafkaError): void {
    const group = [...this.#groups][pick % this.#groups.size];
    if (group === undefined) return;
    this.acknowledged.add(group.unanswered.shift()!);
    if (group.unanswered.length === 0) this.#groups.delete(group);
    this.held--;
    group.settle(error);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #until(isMet: () => boolean, signal: AbortSignal = new AbortController().signal) {
    while (!isMet()) {
      await until(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal);
      signal.throwIfAborted();
    }
  }
}

export class FakeGroup implements ProduceGroup {
  size = 0;
  readonly unanswered: number[] = [];
  readonly #producer: FakeProducer;
  #sent: ((delivery: KafkaDelivery) => void) | undefined;

  constructor(producer: FakeProducer) {
    this.#producer = producer;
  }

  append(...[, , , , value]: Parameters<ProduceGroup["append"]>): void {
    this.size++;
    this.unanswered.push(Number(value));
    this.#producer.append(this, Number(value));
  }

  send(): Promise<KafkaDelivery> {
    const sent = new Promise<KafkaDelivery>((resolve) => (this.#sent = resolve));
    this.settle();
    return sent;
  }

  /** @param error what the brokers refuse the whole group with */
  settle(error?: KafkaError): void {
    if (this.unanswered.length > 0) return;
    const where = { topic: "t", partition: 0, baseOffset: 0, timestampMs: -1 };
    const part = { ...where, ranges: [0, this.size], ...(error && { error }) };
    this.#sent?.({ parts: [part], ...(error && { error }) });
  }
}
