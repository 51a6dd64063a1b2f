import type { MaybePromise } from "./maybe-promise.ts";
import type { ConnectPlugin, Props } from "./plugin.ts";
import type { ConnectRecord } from "./record.ts";

/**
 * Changes one record at a time. One instance serves one task; calls never overlap.
 */
export interface Transformation<R extends ConnectRecord = ConnectRecord> extends ConnectPlugin {
  configure(props: Props): void;
  /**
   * The record to go on with, or null to drop it.
   * @throws {DataError} when the record cannot be transformed; {RetriableError} where a second try may help
   */
  apply(record: R): MaybePromise<R | null>;
  close?(): MaybePromise<void>;
}

/** Decides for each record whether a transformation applies to it (KIP-585). */
export interface Predicate<R extends ConnectRecord = ConnectRecord> extends ConnectPlugin {
  configure(props: Props): void;
  test(record: R): MaybePromise<boolean>;
  close?(): MaybePromise<void>;
}
