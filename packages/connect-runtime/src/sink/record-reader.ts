import {
  allOf,
  Headers,
  isPromise,
  type MaybePromise,
  type SchemaAndValue,
  SinkRecord,
  type SinkRecordParts,
} from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import type { Stage } from "../errors/stage.ts";
import type { GivenUp } from "../errors/tolerance.ts";
import type { TaskConverters } from "../record/converters.ts";
import { type Failures, RecordSteps } from "../record/record-steps.ts";
import type { TransformChain } from "../record/transform-chain.ts";
import { ConsumedRecord, ConsumedSinkRecord } from "./consumed-record.ts";

/** The steps of a record's way to the task, in order. */
const STEPS = [
  "KEY_CONVERTER",
  "VALUE_CONVERTER",
  "HEADER_CONVERTER",
  "TRANSFORMATION",
] as const satisfies readonly Stage[];

/** A record for the task, or what became of it instead. */
export type ReadResult = SinkRecord | "filtered" | GivenUp;

/** Turns one fetched record at a time into what the task is given. */
export class RecordReader extends RecordSteps<SinkRecord> {
  readonly #converters: TaskConverters;
  readonly #transforms: TransformChain;
  readonly #remembers: boolean;

  // The record under way: one at a time.
  #batch!: FetchedRecords;
  #index = 0;
  #key!: SchemaAndValue;
  #value!: SchemaAndValue;
  #headers: Headers | null = null;
  #record: SinkRecord | null = null;

  /** @param remembers whether records know what they were made of, to become dead letters */
  constructor(
    converters: TaskConverters,
    transforms: TransformChain,
    tolerance: Failures,
    remembers = false,
  ) {
    super(STEPS, tolerance);
    this.#converters = converters;
    this.#transforms = transforms;
    this.#remembers = remembers;
  }

  /**
   * Await the result, where it is a promise, before the next call.
   * @throws {ConnectError} (or rejects) when the record fails and errors are not tolerated
   */
  read(batch: FetchedRecords, index: number): MaybePromise<ReadResult> {
    this.#batch = batch;
    this.#index = index;
    this.#headers = null;
    return this.advance(0);
  }

  protected run(step: number): MaybePromise<unknown> {
    const { topic } = this.#batch;
    const headers = this.#batch.headers(this.#index);
    switch (step) {
      case 0:
        return this.#converters.key.toConnectData(topic, headers, this.#batch.key(this.#index));
      case 1:
        return this.#converters.value.toConnectData(topic, headers, this.#batch.value(this.#index));
      case 2:
        return headers.length === 0 ? null : this.#convertHeaders();
      default: {
        const record = this.#makeRecord();
        return this.#transforms.isEmpty ? record : this.#transforms.apply(record);
      }
    }
  }

  protected repeat(step: number): MaybePromise<unknown> {
    return step === 3 && !this.#transforms.isEmpty ? this.#transforms.resume() : this.run(step);
  }

  protected take(step: number, result: unknown): boolean {
    // Each step's result has the type that `run` gives it.
    if (step === 0) this.#key = result as SchemaAndValue;
    else if (step === 1) this.#value = result as SchemaAndValue;
    else if (step === 2) this.#headers = result as Headers | null;
    else this.#record = result as SinkRecord | null;
    return step < 3 || this.#record !== null;
  }

  protected finish(): SinkRecord {
    return this.#record!;
  }

  #makeRecord(): SinkRecord {
    const batch = this.#batch;
    const timestamp = batch.timestamps[this.#index]!;
    const parts: SinkRecordParts = {
      topic: batch.topic,
      kafkaPartition: batch.partition,
      keySchema: this.#key.schema,
      key: this.#key.value,
      valueSchema: this.#value.schema,
      value: this.#value.value,
      timestamp: timestamp < 0 ? null : timestamp,
      headers: this.#headers,
      kafkaOffset: batch.offsets[this.#index]!,
      timestampType: timestamp < 0 ? "NoTimestampType" : batch.timestampType,
    };
    return this.#remembers
      ? new ConsumedSinkRecord(parts, batch, this.#index)
      : new SinkRecord(parts);
  }

  #convertHeaders(): MaybePromise<Headers> {
    const raw = this.#batch.headers(this.#index);
    const values = raw.map(({ key, value }) =>
      this.#converters.header.toConnectHeader(
        this.#batch.topic,
        key,
        // Fetched header values are bytes; only headers to be written may be text.
        value as Uint8Array | null,
      ),
    );
    const collect = (all: readonly SchemaAndValue[]) =>
      new Headers(all.map(({ schema, value }, i) => ({ key: raw[i]!.key, schema, value })));
    const converted = allOf(values);
    return isPromise(converted) ? converted.then(collect) : collect(converted);
  }

  protected origin(): ConsumedRecord {
    return new ConsumedRecord(this.#batch, this.#index);
  }

  protected className(step: number): string {
    const { key, value, header } = this.#converters.classNames;
    return [key, value, header, this.#transforms.className][step] ?? "";
  }
}
