import { setTimeout as sleep } from "node:timers/promises";
import {
  ConnectError,
  DataError,
  isConnectError,
  isRetriable,
  parseConfig,
  type Props,
  type SinkRecord,
  SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { Tagging } from "./batch.ts";
import { ObjectStore } from "./client.ts";
import { CONFIG, type S3SinkConfig } from "./config.ts";
import { type Layout, makeLayout } from "./layout.ts";
import { PartitionWriter } from "./partition-writer.ts";

/** How many batches of all partitions may be on their way before no more records are taken. */
const MAX_PENDING = 64;

interface Running {
  readonly config: S3SinkConfig;
  readonly store: ObjectStore;
  readonly layout: Layout;
  readonly tagging: Tagging;
}

/** Writes records to objects. */
export class S3SinkTask extends SinkTask {
  #running: Running | undefined;
  readonly #writers = new TopicPartitionMap<PartitionWriter>();
  /** What was said to be durable last: it is said once. */
  readonly #said = new TopicPartitionMap<number>();
  #failure: unknown;

  /** @throws {ConnectError} when the configuration is wrong or the bucket cannot be reached */
  async start(props: Props): Promise<void> {
    const config = parseConfig(CONFIG, props);
    const store = new ObjectStore(config);
    this.#running = { config, store, layout: makeLayout(config), tagging: taggingOf(config) };
    await store.checkBucket();
  }

  override open(partitions: readonly TopicPartition[]): void {
    const { store, layout, tagging } = this.#started;
    for (const tp of partitions) {
      this.#writers.set(tp, new PartitionWriter(store, layout, tagging, this.context.logger));
    }
  }

  override async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const rewound = await this.#settle(signal);
    const now = Date.now();
    let tp: TopicPartition | undefined;
    let writer: PartitionWriter | undefined;
    for (const record of records) {
      const { topic, kafkaPartition: partition } = record;
      if (tp?.topic !== topic || tp.partition !== partition) {
        tp = { topic, partition };
        // What is to be read again must not be taken from here.
        writer = rewound.has(tp) ? undefined : this.#writers.get(tp);
      }
      if (writer !== undefined) this.#write(writer, record, now);
    }
    this.#tick(Date.now());
    this.#makeRoom();
    await this.#whileFull(signal);
  }

  #write(writer: PartitionWriter, record: SinkRecord, now: number): void {
    try {
      if (record.value === null && !this.#takesNull(record)) {
        writer.passOver(record);
        return;
      }
      writer.write(record, now);
    } catch (error) {
      if (!(isConnectError(error) && !isRetriable(error))) throw error;
      const { topic, kafkaPartition, kafkaOffset } = record;
      const why = new DataError(
        `The record at offset ${kafkaOffset} of ${topic}-${kafkaPartition} cannot be written: ${error.message}`,
        { cause: error },
      );
      writer.passOver(record);
      if (this.context.errantRecordReporter === null) throw why;
      this.#report(record, why);
    }
  }

  /** @returns whether a record without value is to be written @throws {DataError} where that is an error */
  #takesNull(record: SinkRecord): boolean {
    const { config, layout } = this.#started;
    switch (layout.tombstones) {
      case "write":
        return true;
      case "ignore":
        if (config["report.null.values.to.dlq"] && this.context.errantRecordReporter !== null) {
          this.#report(record, new DataError("The record has no value, and is skipped"));
        }
        return false;
      case "fail":
        throw new DataError(
          "it has no value. Set behavior.on.null.values=ignore to skip such records, or write to keep their keys",
        );
    }
  }

  #report(record: SinkRecord, why: Error): void {
    this.context.errantRecordReporter?.report(record, why).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /**
   * Looks at what was completed, and has records read again where it was not.
   * @returns the partitions that are read again
   */
  async #settle(signal?: AbortSignal): Promise<TopicPartitionMap<number>> {
    const { config } = this.#started;
    const { logger } = this.context;
    const rewound = new TopicPartitionMap<number>();
    for (const [tp, writer] of this.#writers) {
      const failed = writer.settle();
      if (failed === undefined) continue;
      const { offset, why } = failed;
      const where = `${tp.topic}-${tp.partition}`;
      if (why !== undefined && !isRetriable(why)) {
        throw isConnectError(why)
          ? why
          : new ConnectError(`Records of ${where} could not be written`, { cause: why });
      }
      logger.warn(
        why === undefined
          ? `Records of ${where} from offset ${offset} on are in an object already: they are read again, to be cut as they are there`
          : `Records of ${where} are read again from offset ${offset} on: ${(why as Error).message}`,
      );
      await writer.rewind(offset);
      rewound.set(tp, offset);
      if (why !== undefined) await sleep(config["retry.backoff.ms"], undefined, { signal });
    }
    if (rewound.size > 0) this.context.offset(rewound);
    return rewound;
  }

  #tick(now: number): void {
    let next: number | undefined;
    for (const writer of this.#writers.values()) {
      const left = writer.tick(now);
      if (left !== undefined) next = Math.min(next ?? left, left);
    }
    if (next !== undefined) this.context.timeout(Math.max(1, Math.ceil(next)));
  }

  /** Where open files hold too much memory, the largest go to disk. */
  #makeRoom(): void {
    const limit = this.#started.config["buffer.memory"];
    const files = [...this.#writers.values()].flatMap((writer) => [...writer.openFiles]);
    let held = 0;
    for (const file of files) held += file.memory;
    if (held <= limit) return;
    const bySize = files
      .map((file) => ({ file, memory: file.memory }))
      .toSorted((a, b) => b.memory - a.memory);
    for (const { file, memory } of bySize) {
      // With some slack, so that it need not be done for each put.
      if (held <= limit / 2) break;
      file.spill();
      held -= memory - file.memory;
    }
  }

  /** Waits while too much is on its way. */
  async #whileFull(signal: AbortSignal): Promise<void> {
    const { store, config } = this.#started;
    const limit = Math.max(config["buffer.memory"], config["s3.part.size"]);
    for (;;) {
      const pending = [...this.#writers.values()].flatMap((writer) => writer.pending);
      let waiting = store.inFlight;
      for (const writer of this.#writers.values()) waiting += writer.pendingMemory;
      const tooMany = pending.length > MAX_PENDING || waiting > limit;
      if (!tooMany || signal.aborted) return;
      if (pending.length > 0) await Promise.race(pending);
      else await store.progress();
      for (const writer of this.#writers.values()) if (writer.settle() !== undefined) return;
    }
  }

  /** Waits for what is being completed, then says how far each partition is, once. */
  override async preCommit(): Promise<TopicPartitionMap<number>> {
    const pending = [...this.#writers.values()].flatMap((writer) => writer.pending);
    await Promise.all(pending);
    await this.#settle();
    const offsets = new TopicPartitionMap<number>();
    for (const [tp, writer] of this.#writers) {
      const { durable } = writer;
      if (durable === undefined || durable === this.#said.get(tp)) continue;
      this.#said.set(tp, durable);
      offsets.set(tp, durable);
    }
    return offsets;
  }

  override async close(partitions: readonly TopicPartition[]): Promise<void> {
    for (const tp of partitions) {
      await this.#writers.get(tp)?.abandon();
      this.#writers.delete(tp);
      this.#said.delete(tp);
    }
  }

  async stop(): Promise<void> {
    await this.close([...this.#writers.keys()]);
    this.#running?.store.close();
    this.#running = undefined;
  }

  get #started(): Running {
    if (this.#running === undefined) throw new Error("The task is not started yet");
    return this.#running;
  }
}

function taggingOf(config: S3SinkConfig): Tagging {
  const pairs = config["s3.object.tagging.key.value.pairs"].map((pair) => {
    const colon = pair.indexOf(":");
    return [pair.slice(0, colon), pair.slice(colon + 1)] as const;
  });
  return {
    wanted: config["s3.object.tagging"],
    more: Object.fromEntries(pairs),
    mustSucceed: config["s3.object.behavior.on.tagging.error"].toLowerCase() === "fail",
  };
}
