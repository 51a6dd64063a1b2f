import type { KafkaClient } from "../../src/client.ts";
import { GroupConsumer } from "../../src/group-consumer.ts";
import type { GroupConsumerOptions, RebalanceListener } from "../../src/group-consumer-options.ts";
import type { FetchedRecords } from "../../src/record-batch/decode.ts";
import type { TopicPartition } from "../../src/types.ts";

export interface RebalanceEvent {
  kind: "assigned" | "revoked" | "lost";
  partitions: string[];
  /** performance.now() when the listener had finished. */
  at: number;
}

export const names = (partitions: readonly TopicPartition[]): string[] =>
  partitions
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .sort((a, b) => (a < b ? -1 : 1));

/** A consumer with a memory, that can be left polling in the background. */
export class TestConsumer implements AsyncDisposable {
  readonly consumer: GroupConsumer;
  readonly events: RebalanceEvent[] = [];
  readonly values: string[] = [];
  /** What polls threw in the background. */
  readonly errors: unknown[] = [];
  /** Runs inside the listener, before the event is noted. */
  during: Partial<Record<RebalanceEvent["kind"], (partitions: TopicPartition[]) => Promise<void>>> =
    {};
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(client: KafkaClient, options: GroupConsumerOptions) {
    const note = (kind: RebalanceEvent["kind"]) => async (partitions: TopicPartition[]) => {
      await this.during[kind]?.(partitions);
      this.events.push({ kind, partitions: names(partitions), at: performance.now() });
    };
    const listener: RebalanceListener = {
      assigned: note("assigned"),
      revoked: note("revoked"),
      lost: note("lost"),
    };
    const fast = {
      offsetReset: "earliest",
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 200,
    } as const;
    this.consumer = new GroupConsumer(client, { ...fast, ...options }, listener);
  }

  get assignment(): string[] {
    return names(this.consumer.assignment());
  }

  /** Polls in the background until `stop`. */
  run(): this {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running = (async () => {
      while (!signal.aborted)
        try {
          this.take(await this.consumer.poll(500, 200, signal));
        } catch (error) {
          if (!signal.aborted) this.errors.push(error);
        }
    })();
    return this;
  }

  /** Polls until the group has given it its first assignment. */
  async joined(): Promise<this> {
    while (this.events.length === 0) this.take(await this.consumer.poll(1, 50));
    return this;
  }

  /** Keeps what a poll gave. */
  take(chunks: FetchedRecords[]): void {
    for (const chunk of chunks)
      for (let i = 0; i < chunk.length; i++) this.values.push(chunk.valueText(i) ?? "");
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.consumer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Waits for a condition; the error says what it looked like last. */
export async function until(
  condition: () => boolean,
  describe: () => unknown = () => "",
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline)
      throw new Error(`Not within ${timeoutMs} ms: ${JSON.stringify(describe())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Commits where a consumer stands in some partitions. */
export async function commitPositions(
  of: TestConsumer,
  partitions: TopicPartition[],
): Promise<void> {
  const offsets = partitions.flatMap((tp) => {
    const position = of.consumer.committable(tp);
    return position === undefined ? [] : [{ ...tp, ...position }];
  });
  await of.consumer.commit(offsets);
}
