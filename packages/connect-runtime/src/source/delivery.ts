import {
  ConnectError,
  isPromise,
  type RecordMetadata,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import type { Delivery as KafkaDelivery, DeliveryPart, Producer } from "@millrace/kafka-client";
import type { Tolerance } from "../errors/tolerance.ts";
import type { TaskCounters } from "../task/counters.ts";
import type { TaskLife } from "../task/life.ts";
import type { InFlight } from "./in-flight.ts";
import { PartitionOffsets } from "./partition-offsets.ts";
import type { RecordAppender } from "./record-appender.ts";

export interface DeliveryOptions {
  readonly task: SourceTask;
  readonly producer: Producer;
  readonly appender: RecordAppender;
  readonly inFlight: InFlight;
  readonly tolerance: Tolerance;
  readonly counters: TaskCounters;
  readonly life: TaskLife;
}

/**
 * Sends polled batches, at least once. Several are on their way at a time: `send` returns
 * as soon as the batch is handed to the producer and there is room for another.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** Records are kept until they are acknowledged only where somebody will ask for them. */
  readonly #keepsRecords: boolean;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#keepsRecords = options.task.commitRecord !== undefined || options.tolerance.toleratesAll;
  }

  /** @throws {ConnectError} when a record fails and errors are not tolerated */
  async send(records: readonly SourceRecord[]): Promise<void> {
    const { producer, appender, inFlight, counters } = this.#options;
    const group = producer.group();
    const offsets = new PartitionOffsets();
    const kept: SourceRecord[] = [];
    counters.read += records.length;
    try {
      for (const record of records) {
        const result = appender.append(group, record);
        const fate = isPromise(result) ? await result : result;
        if (fate === "appended") {
          offsets.note(record);
          if (this.#keepsRecords) kept.push(record);
        } else {
          counters[fate]++;
          const told = this.#options.task.commitRecord?.(record, null);
          if (isPromise(told)) await told;
        }
      }
    } finally {
      // Also when a record failed: those before it are in the producer's batches already.
      const settled = inFlight.add(offsets);
      void group.send().then((delivery) => this.#settle(delivery, group.size, kept, settled));
    }
    await this.#roomForMore();
  }

  /** Back-pressure: waits while `buffer.memory` is full, unless the task is to stop, pause or fail. */
  async #roomForMore(): Promise<void> {
    const signal = this.#options.life.callSignal();
    try {
      await this.#options.producer.ready(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** What the brokers answered for a whole batch. Failures go to the loop through `life`. */
  async #settle(
    delivery: KafkaDelivery,
    size: number,
    kept: readonly SourceRecord[],
    settled: () => void,
  ): Promise<void> {
    const { counters, life } = this.#options;
    try {
      let failed = 0;
      for (const part of delivery.parts) {
        if (part.error) failed += this.#skip(part, kept);
        else await this.#commitRecords(part, kept);
      }
      counters.written += size - failed;
      counters.skipped += failed;
      settled();
    } catch (error) {
      life.fail(error);
    }
  }

  /** @throws {ConnectError} when a record could not be written and errors are not tolerated */
  #skip(part: DeliveryPart, kept: readonly SourceRecord[]): number {
    const { tolerance } = this.#options;
    let count = 0;
    for (const index of indexes(part)) {
      const record = kept[index];
      if (!tolerance.toleratesAll || record === undefined) {
        throw new ConnectError("Unrecoverable exception from producer send callback", {
          cause: part.error,
        });
      }
      tolerance.skip({
        stage: "KAFKA_PRODUCE",
        error: part.error,
        where: `for topic ${part.topic}, partition ${part.partition}`,
        className: "Producer",
      });
      count++;
    }
    return count;
  }

  async #commitRecords(part: DeliveryPart, kept: readonly SourceRecord[]): Promise<void> {
    const { task } = this.#options;
    if (task.commitRecord === undefined) return;
    let i = 0;
    for (const index of indexes(part)) {
      const metadata: RecordMetadata = {
        topic: part.topic,
        partition: part.partition,
        offset: part.baseOffset < 0 ? -1 : part.baseOffset + i,
        timestamp: part.timestampMs,
      };
      const result = task.commitRecord(kept[index]!, metadata);
      if (isPromise(result)) await result;
      i++;
    }
  }
}

function* indexes({ ranges }: DeliveryPart): Generator<number> {
  for (let r = 0; r < ranges.length; r += 2) {
    for (let index = ranges[r]!; index < ranges[r + 1]!; index++) yield index;
  }
}
