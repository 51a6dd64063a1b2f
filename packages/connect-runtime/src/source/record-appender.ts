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
import type { GivenUp } from "../errors/tolerance.ts";
import type { TaskConverters } from "../record/converters.ts";
import { type Failures, RecordSteps } from "../record/record-steps.ts";
import type { TransformChain } from "../record/transform-chain.ts";
import { ConvertedHeaders } from "./converted-headers.ts";
import { PolledRecord } from "./polled-record.ts";
import type { Topics } from "./topics.ts";

/** The steps of a record's way, in order; the numbers are positions in it. */
const STEPS = [
  "TRANSFORMATION",
  "HEADER_CONVERTER",
  "KEY_CONVERTER",
  "VALUE_CONVERTER",
  "KAFKA_PRODUCE",
] as const satisfies readonly Stage[];

/** Who is at work in KAFKA_PRODUCE, as Java tells it. */
export const PRODUCE_CLASS = "org.apache.kafka.connect.runtime.WorkerSourceTask";

/** What became of a record. */
export type Fate = "appended" | "filtered" | GivenUp;

/** A producer, as far as appending needs it. */
export interface Partitioner {
  partition(topic: string, key: Encoded): number;
}

export interface RecordAppenderOptions {
  readonly transforms: TransformChain;
  readonly converters: TaskConverters;
  readonly topics: Pick<Topics, "isReady" | "ensure">;
  readonly producer: Partitioner;
  readonly tolerance: Failures;
}

/** Takes one record at a time through transforms and converters into the producer's open batch. */
export class RecordAppender extends RecordSteps<"appended"> {
  readonly #transforms: TransformChain;
  readonly #converters: TaskConverters;
  readonly #topics: RecordAppenderOptions["topics"];
  readonly #producer: Partitioner;

  // The record under way. One at a time, so its state lives here and not in an object of its own.
  #group!: Pick<ProduceGroup, "append">;
  #original!: SourceRecord;
  #record: ConnectRecord | null = null;
  /** One array for all records: the producer reads it at once. */
  readonly #headers: RecordHeader[] = [];
  readonly #converted = new ConvertedHeaders();
  #key: Encoded = null;
  #value: Encoded = null;

  constructor(options: RecordAppenderOptions) {
    super(STEPS, options.tolerance);
    this.#transforms = options.transforms;
    this.#converters = options.converters;
    this.#topics = options.topics;
    this.#producer = options.producer;
  }

  /**
   * Await the result, where it is a promise, before the next call.
   * @throws {ConnectError} (or rejects) when the record fails and errors are not tolerated
   */
  append(group: Pick<ProduceGroup, "append">, record: SourceRecord): MaybePromise<Fate> {
    this.#group = group;
    this.#original = record;
    this.#record = record;
    this.#headers.length = 0;
    return this.advance(this.#transforms.isEmpty ? 1 : 0);
  }

  protected run(step: number): MaybePromise<unknown> {
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
      default:
        return this.#produce(record);
    }
  }

  protected repeat(step: number): MaybePromise<unknown> {
    return step === 0 ? this.#transforms.resume() : this.run(step);
  }

  protected take(step: number, result: unknown): boolean {
    // Each step's result has the type that `run` gives it.
    if (step === 0) this.#record = result as ConnectRecord | null;
    else if (step === 2) this.#key = result as Encoded;
    else if (step === 3) this.#value = result as Encoded;
    return this.#record !== null;
  }

  protected finish(): "appended" {
    return "appended";
  }

  #convertHeaders(record: ConnectRecord): MaybePromise<void> {
    const { topic, headers } = record;
    if (this.#converted.isOf(topic, headers)) {
      for (const header of this.#converted.result) this.#headers.push(header);
      return undefined;
    }
    const keys: string[] = [];
    const values: MaybePromise<Encoded>[] = [];
    for (const { key, schema, value } of headers) {
      keys.push(key);
      values.push(this.#converters.header.fromConnectHeader(topic, key, schema, value));
    }
    const fill = (encoded: readonly Encoded[]) => {
      this.#headers.length = 0;
      for (const [i, value] of encoded.entries()) this.#headers.push({ key: keys[i]!, value });
      this.#converted.keep(topic, headers, this.#headers);
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

  protected origin(): PolledRecord {
    return new PolledRecord(this.#original, this.#converters);
  }

  protected className(step: number): string {
    const { key, value, header } = this.#converters.classNames;
    return [this.#transforms.className, header, key, value, PRODUCE_CLASS][step] ?? "";
  }
}
