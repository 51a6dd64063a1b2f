import type { MaybePromise } from "@millrace/connect-api";
import type { Bytes, RecordHeader } from "@millrace/kafka-client";
import type { Stage } from "./stage.ts";

/** One operation on one record that failed for good (Java: `ProcessingContext`). */
export interface FailedRecord {
  readonly stage: Stage;
  /** Class of the converter, transformation or task that was at work, by its Java name. */
  readonly className: string;
  readonly error: unknown;
  readonly origin: RecordOrigin;
  /** The other side has refused it: no stop can have cut that short. */
  readonly final?: boolean;
}

/** The record as it was before anything was done to it. */
export interface RecordOrigin {
  /** For messages: where it was or was meant to go. Nothing of its contents. */
  readonly where: string;
  /** What `errors.log.include.messages` adds to a line of the log, in Java's form. */
  describe(): string;
  letter(): MaybePromise<Letter>;
}

/** A record as it goes to a dead-letter topic. */
export interface Letter {
  readonly key: Bytes;
  readonly value: Bytes;
  /** Epoch milliseconds, -1 for now. */
  readonly timestampMs: number;
  readonly headers: readonly RecordHeader[];
  /** Where it comes from, for context headers: their names without prefix, and values. */
  readonly place: readonly (readonly [name: string, value: string])[];
}
