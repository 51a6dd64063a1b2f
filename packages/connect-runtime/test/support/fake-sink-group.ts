import { ConnectError } from "@millrace/connect-api";
import type { SinkGroup } from "../../src/kafka/sink-group.ts";
import type { GroupOffset } from "../../src/threads/units.ts";

/** The consumer group of a sink that reads one partition of one topic, without a broker. */
export class FakeSinkGroup implements SinkGroup {
  readonly offsets = new Map<string, number>();
  /** Tasks of the sink still run. */
  occupied = false;
  readonly #topic: string;

  constructor(topic: string) {
    this.#topic = topic;
  }

  async committed() {
    return Array.from(this.offsets, ([topic, offset]) => ({
      topic,
      partition: 0,
      offset,
      leaderEpoch: -1,
      metadata: "",
    }));
  }

  async checkAlter(offsets: readonly GroupOffset[]): Promise<void> {
    this.#check();
    if (offsets.every(({ topic, partition }) => topic === this.#topic && partition === 0)) return;
    throw new ConnectError("Failed to alter consumer group offsets for connector snk1");
  }

  async alter(offsets: readonly GroupOffset[]): Promise<void> {
    await this.checkAlter(offsets);
    for (const { topic, offset } of offsets) {
      if (offset === null) this.offsets.delete(topic);
      else this.offsets.set(topic, offset);
    }
  }

  async checkReset(): Promise<void> {
    this.#check();
  }

  async reset(): Promise<void> {
    this.#check();
    this.offsets.clear();
  }

  #check(): void {
    if (this.occupied) throw new ConnectError("The group has members");
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
