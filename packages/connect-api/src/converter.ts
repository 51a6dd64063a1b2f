import type { MaybePromise } from "./maybe-promise.ts";
import type { ConnectPlugin, Props } from "./plugin.ts";
import type { Schema } from "./schema.ts";

/** A value with its schema; the schema is null for data without one. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

export const NULL_VALUE: SchemaAndValue = Object.freeze({ schema: null, value: null });

/**
 * What a converter writes: bytes, a string that stands for its UTF-8 bytes (the worker
 * encodes it straight into the record batch, without a copy in between), or null.
 */
export type Encoded = Uint8Array | string | null;

/** A header as Kafka has it. The order counts, and a key may occur more than once. */
export interface RawHeader {
  readonly key: string;
  readonly value: Encoded;
}

/**
 * Turns Connect data into bytes and back. One instance serves one task and one side (key
 * or value); calls never overlap. Both directions run once per record: compile what
 * depends on the schema once, keep it by schema identity, and return plain values.
 */
export interface Converter extends ConnectPlugin {
  /** @param props the converter's own keys, without the prefix they had in the connector's or worker's configuration */
  configure(props: Props, isKey: boolean): void;
  /**
   * @param headers those the record will have; a converter may add to them. The array is
   *   the worker's: do not keep it
   * @throws {DataError} when the value does not fit; {RetriableError} where a second try may help
   */
  fromConnectData(
    topic: string,
    headers: RawHeader[],
    schema: Schema | null,
    value: unknown,
  ): MaybePromise<Encoded>;
  /** @throws {DataError} when the bytes cannot be read; {RetriableError} where a second try may help */
  toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): MaybePromise<SchemaAndValue>;
  close?(): MaybePromise<void>;
}

/** The same for the values of record headers. */
export interface HeaderConverter extends ConnectPlugin {
  configure(props: Props, isKey: boolean): void;
  fromConnectHeader(
    topic: string,
    key: string,
    schema: Schema | null,
    value: unknown,
  ): MaybePromise<Encoded>;
  toConnectHeader(
    topic: string,
    key: string,
    bytes: Uint8Array | null,
  ): MaybePromise<SchemaAndValue>;
  close?(): MaybePromise<void>;
}
