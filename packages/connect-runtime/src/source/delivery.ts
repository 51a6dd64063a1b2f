import {
  ConnectError,
  isPromise,
  type RecordMetadata,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import {
  isKafkaError,
  type Delivery as KafkaDelivery,
  type DeliveryPart,
  type ProduceGroup,
  type Producer,
} from "@millrace/kafka-client";
import type { Tolerance } from "../errors/tolerance.ts";
import type { TaskConverters } from "../record/converters.ts";
import type { TaskCounters } from "../task/counters.ts";
import type { TaskLife } from "../task/life.ts";
import { until } from "../task/until.ts";
import { describeOrigin } from "./describe-record.ts";
import type { BatchInFlight, InFlight } from "./in-flight.ts";
import { PartitionOffsets } from "./partition-offsets.ts";
import { PolledRecord } from "./polled-record.ts";
import { PRODUCE_CLASS, type RecordAppender } from "./record-appender.ts";

export interface DeliveryOptions {
  readonly task: SourceTask;
  readonly producer: Pick<Producer, "group" | "isFull" | "ready" | "flush">;
  readonly appender: Pick<RecordAppender, "append">;
  readonly inFlight: InFlight;
  readonly tolerance: Tolerance;
  /** Those that what cannot be written is told with. */
  readonly converters: TaskConverters;
  /** Whether records that are filtered out or skipped count as done, with their offsets. */
  readonly commitsFilteredOffsets: boolean;
  readonly counters: TaskCounters;
  readonly life: TaskLife;
  /** Holds up as long as the task is paused. */
  readonly pauseGate: () => Promise<void>;
}

/** How many records of a poll are kept at most before what there is goes on its way. */
const MAX_KEPT_PART = 10_000;

/** Records that are acknowledged together: what one poll returned, or a part of it. */
interface Part {
  readonly group: ProduceGroup;
  readonly offsets: PartitionOffsets;
  readonly kept: SourceRecord[];
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

  /**
   * Takes in as much as there is room for, however much a poll returned, and goes on when there is
   * more. When the task is to stop or has failed meanwhile, the rest is left: it was never sent, so
   * no offset of it is committed, and it will be read again (I1, I2).
   * @throws {ConnectError} when a record fails and errors are not tolerated
   */
  async send(records: readonly SourceRecord[]): Promise<void> {
    const { producer, appender, counters, task, commitsFilteredOffsets } = this.#options;
    counters.read += records.length;
    let part = this.#newPart();
    try {
      for (const record of records) {
        if (producer.isFull || part.kept.length === MAX_KEPT_PART) {
          this.#handOver(part);
          part = this.#newPart();
          if (!(await this.#roomForMore())) return;
        }
        const result = appender.append(part.group, record);
        const fate = isPromise(result) ? await result : result;
        if (fate === "appended") {
          part.offsets.note(record);
          if (this.#keepsRecords) part.kept.push(record);
        } else if (fate === "dead-lettered") {
          this.#handOver(part);
          part = this.#newPart();
          this.#awaitLetter(record);
        } else {
          // What was given up is counted where it was given up.
          if (fate === "filtered") counters.filtered++;
          if (commitsFilteredOffsets) part.offsets.note(record);
          const told = task.commitRecord?.(record, null);
          if (isPromise(told)) await told;
        }
      }
    } finally {
      // Also when a record failed: those before it are in the producer's batches already.
      this.#handOver(part);
    }
    await this.#roomForMore();
  }

  #newPart(): Part {
    return { group: this.#options.producer.group(), offsets: new PartitionOffsets(), kept: [] };
  }

  #handOver(part: Part): void {
    const { group, offsets, kept } = part;
    if (group.size === 0 && offsets.isEmpty) return;
    const batch = this.#options.inFlight.add(offsets, kept.length);
    // Nothing but filtered records: done, and committable once all before them is (I1).
    if (group.size === 0) batch.acknowledge();
    else void group.send().then((delivery) => this.#settle(delivery, part, batch));
  }

  /**
   * A record in the dead-letter topic is done as one in its own topic is: its offset, and
   * those of records after it, wait for the brokers (I1).
   */
  #awaitLetter(record: SourceRecord): void {
    const { inFlight, tolerance, task, life } = this.#options;
    const offsets = new PartitionOffsets();
    offsets.note(record);
    const entry = inFlight.add(offsets, 1);
    void tolerance
      .settled()
      .then(() => task.commitRecord?.(record, null))
      .then(
        () => entry.acknowledge(),
        (error: unknown) => {
          entry.fail();
          life.fail(error);
        },
      );
  }

  /**
   * Back-pressure: waits while `buffer.memory` is full, or too much is on its way. A task that is
   * paused meanwhile waits with what it has not sent yet.
   * @returns false when the task is to stop or has failed
   */
  async #roomForMore(): Promise<boolean> {
    const { producer, inFlight, life, pauseGate } = this.#options;
    while (producer.isFull || inFlight.isFull) {
      await pauseGate();
      const signal = life.callSignal();
      if (signal.aborted) return false;
      try {
        await producer.ready(signal);
        if (!inFlight.isFull) continue;
        // Batches that linger would keep us waiting for nothing.
        await producer.flush(signal);
        await until(inFlight.ready(), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    return true;
  }

  /** What the brokers answered for a whole batch. Failures go to the loop through `life`. */
  async #settle(
    delivery: KafkaDelivery,
    { group, offsets, kept }: Part,
    batch: BatchInFlight,
  ): Promise<void> {
    const { counters, life } = this.#options;
    try {
      let failed = 0;
      for (const part of delivery.parts) {
        if (part.error) failed += await this.#giveUp(part, kept, offsets);
        else await this.#commitRecords(part, kept);
      }
      counters.written += group.size - failed;
      batch.acknowledge();
    } catch (error) {
      batch.fail();
      life.fail(error);
    }
  }

  /**
   * @returns how many records were given up, once the reports of them are durable
   * @throws {ConnectError} when a record could not be written and errors are not tolerated
   */
  async #giveUp(
    part: DeliveryPart,
    kept: readonly SourceRecord[],
    offsets: PartitionOffsets,
  ): Promise<number> {
    const { tolerance, task, converters } = this.#options;
    if (!tolerance.toleratesAll) throw unrecoverable(part, offsets);
    const failed = Array.from(indexes(part), (index) => kept[index]!);
    for (const record of failed) {
      await tolerance.giveUp({
        stage: "KAFKA_PRODUCE",
        error: part.error,
        origin: new PolledRecord(record, converters),
        className: PRODUCE_CLASS,
        final: !isClosed(part.error),
      });
    }
    await tolerance.settled();
    for (const record of failed) await task.commitRecord?.(record, null);
    return failed.length;
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

function unrecoverable({ error, topic, partition }: DeliveryPart, offsets: PartitionOffsets) {
  const origins = [...offsets].map(([from, offset]) => describeOrigin(from, offset));
  const where = origins.length > 0 ? `: they end at ${origins.join("; ")}` : "";
  return new ConnectError("Unrecoverable exception from producer send callback", {
    cause: new ConnectError(
      `Records for ${topic}-${partition} were not written, of a batch that was polled together${where}`,
      { cause: error },
    ),
  });
}

/** The producer was closed under it: that says nothing about the record. */
function isClosed(error: unknown): boolean {
  return isKafkaError(error) && error.code === "CLOSED";
}
