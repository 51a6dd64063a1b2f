import {
  allOf,
  type ConnectRecord,
  type Encoded,
  isPromise,
  type MaybePromise,
  type SourceRecord,
} from "@millrace/connect-api";
import type { ProduceGroup, RecordHeader } from "@millrace/kafka-client";
import type { Stage } from "../errors/stage.ts";
import type { Tolerance } from "../errors/tolerance.ts";
import type { TaskConverters } from "../record/converters.ts";
import type { TransformChain } from "../record/transform-chain.ts";
import type { Topics } from "./topics.ts";

/** The steps of a record's way, in order; the numbers are positions in it. */
const STEPS = [
  "TRANSFORMATION",
  "HEADER_CONVERTER",
  "KEY_CONVERTER",
  "VALUE_CONVERTER",
  "KAFKA_PRODUCE",
] as const satisfies readonly Stage[];

type Step = 0 | 1 | 2 | 3 | 4;

/** What became of a record. */
export type Fate = "appended" | "filtered" | "skipped";

/** A producer, as far as appending needs it. */
export interface Partitioner {
  partition(topic: string, key: Encoded): number;
}

export interface RecordAppenderOptions {
  readonly transforms: TransformChain;
  readonly converters: TaskConverters;
  readonly topics: Topics;
  readonly producer: Partitioner;
  readonly tolerance: Tolerance;
}

/**
 * Takes one record at a time through transforms and converters into the producer's open
 * batch. Runs synchronously and makes no promise unless a plugin returns one, a topic is
 * new, or something throws: then the record goes on, alone, from the step it was at.
 */
export class RecordAppender {
  readonly #transforms: TransformChain;
  readonly #converters: TaskConverters;
  readonly #topics: Topics;
  readonly #producer: Partitioner;
  readonly #tolerance: Tolerance;

  // The record under way. One at a time, so its state lives here and not in an object of its own.
  #group!: ProduceGroup;
  #original!: SourceRecord;
  #record: ConnectRecord | null = null;
  /** One array for all records: the producer reads it at once. */
  readonly #headers: RecordHeader[] = [];
  #key: Encoded = null;
  #value: Encoded = null;

  constructor(options: RecordAppenderOptions) {
    this.#transforms = options.transforms;
    this.#converters = options.converters;
    this.#topics = options.topics;
    this.#producer = options.producer;
    this.#tolerance = options.tolerance;
  }

  /**
   * Await the result, where it is a promise, before the next call.
   * @throws {ConnectError} (or rejects) when the record fails and errors are not tolerated
   */
  append(group: ProduceGroup, record: SourceRecord): MaybePromise<Fate> {
    this.#group = group;
    this.#original = record;
    this.#record = record;
    this.#headers.length = 0;
    return this.#advance(this.#transforms.isEmpty ? 1 : 0);
  }

  #advance(from: Step): MaybePromise<Fate> {
    let step: number = from;
    try {
      for (; step < STEPS.length; step++) {
        const result = this.#run(step as Step);
        if (isPromise(result)) return this.#resume(step as Step, result);
        this.#take(step as Step, result);
        if (this.#record === null) return "filtered";
      }
      return "appended";
    } catch (error) {
      return this.#resume(step as Step, Promise.reject(error));
    }
  }

  /** Waits for a step, repeats it where that may help, and goes on after it. */
  async #resume(step: Step, result: Promise<unknown>): Promise<Fate> {
    try {
      this.#take(step, await result);
    } catch (error) {
      try {
        this.#take(step, await this.#tolerance.retry(() => this.#run(step), error));
      } catch (lastError) {
        this.#tolerance.skip({
          stage: STEPS[step],
          error: lastError,
          where: describe(this.#original),
          className: this.#className(step),
        });
        return "skipped";
      }
    }
    if (this.#record === null) return "filtered";
    return step === 4 ? "appended" : this.#advance((step + 1) as Step);
  }

  #run(step: Step): MaybePromise<unknown> {
    const record = this.#record!;
    const { key, value } = this.#converters;
    switch (step) {
      case 0:
        return this.#transforms.apply(this.#original);
      case 1:
        return record.hasHeaders ? this.#convertHeaders(record) : undefined;
      case 2:
        return key.fromConnectData(record.topic, this.#headers, record.keySchema, record.key);
      case 3:
        return value.fromConnectData(record.topic, this.#headers, record.valueSchema, record.value);
      case 4:
        return this.#produce(record);
    }
  }

  #take(step: Step, result: unknown): void {
    // Each step's result has the type that #run gives it.
    if (step === 0) this.#record = result as ConnectRecord | null;
    else if (step === 2) this.#key = result as Encoded;
    else if (step === 3) this.#value = result as Encoded;
  }

  #convertHeaders(record: ConnectRecord): MaybePromise<void> {
    const keys: string[] = [];
    const values: MaybePromise<Encoded>[] = [];
    for (const { key, schema, value } of record.headers) {
      keys.push(key);
      values.push(this.#converters.header.fromConnectHeader(record.topic, key, schema, value));
    }
    const fill = (encoded: readonly Encoded[]) => {
      this.#headers.length = 0;
      for (const [i, value] of encoded.entries()) this.#headers.push({ key: keys[i]!, value });
    };
    const encoded = allOf(values);
    return isPromise(encoded) ? encoded.then(fill) : fill(encoded);
  }

  #produce(record: ConnectRecord): MaybePromise<void> {
    const { topic } = record;
    if (!this.#topics.isReady(topic)) {
      return this.#topics.ensure(topic).then(() => this.#put(record));
    }
    return this.#put(record);
  }

  #put(record: ConnectRecord): void {
    const { topic } = record;
    const partition = record.kafkaPartition ?? this.#producer.partition(topic, this.#key);
    this.#group.append(
      topic,
      partition,
      record.timestamp ?? -1,
      this.#key,
      this.#value,
      this.#headers,
    );
  }

  #className(step: Step): string {
    const { key, value, header } = this.#converters;
    const at = [this.#transforms, header, key, value, this.#producer][step];
    return at?.constructor.name ?? "";
  }
}

function describe(record: SourceRecord): string {
  const partition = Object.values(record.sourcePartition).join(",");
  const offset = Object.values(record.sourceOffset ?? {}).join(",");
  return `for topic ${record.topic} (source partition ${partition}, offset ${offset})`;
}
