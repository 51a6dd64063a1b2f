import type { Props, SinkRecord, SinkRecordParts, SourceRecord } from "@millrace/connect-api";

/** What the conformance suite needs to know about one source connector. */
export interface SourceDriver {
  readonly kind: "source";
  /** The connector's `class` in the manifest. */
  readonly class: string;
  /** Makes a place of its own to read from (a table, a file, a topic …), with nothing in it. */
  open(): Promise<SourcePlace>;
}

export interface SourcePlace {
  /** A valid configuration that reads from this place. Keep poll intervals short. */
  readonly props: Props;
  /** Secrets in `props` that are not under PASSWORD keys, e.g. within a URL. */
  readonly secrets?: readonly string[];
  /** Adds items to be read, and returns when they can be. Called more than once; every item is different. */
  write(count: number): Promise<void>;
  /** What makes a record the same one when it is read again; by default its key and value as JSON. */
  identify?(record: SourceRecord): string;
  close?(): Promise<void>;
}

/** What the conformance suite needs to know about one sink connector. */
export interface SinkDriver {
  readonly kind: "sink";
  /** The connector's `class` in the manifest. */
  readonly class: string;
  /** Putting the same records again leaves the other system as it is. */
  readonly idempotent: boolean;
  /** Makes a place of its own to write to, with nothing in it. */
  open(): Promise<SinkPlace>;
}

export interface SinkPlace {
  /** A valid configuration that writes to this place, `topics` included. */
  readonly props: Props;
  /** Secrets in `props` that are not under PASSWORD keys, e.g. within a URL. */
  readonly secrets?: readonly string[];
  /**
   * Key, value and schemas of the i-th record; every one different. Topic, partition and
   * offset are given by the suite where they are left out.
   */
  record(i: number): Partial<SinkRecordParts>;
  /** What `read` gives for a record that was written. */
  identify(record: SinkRecord): string;
  /** All that is in the other system now, one text per item, in any order. */
  read(): Promise<string[]>;
  close?(): Promise<void>;
}

export type Driver = SourceDriver | SinkDriver;

export interface CheckOptions {
  /** How long is waited for records, or until `preCommit` covers all that was put; 10,000 by default. */
  readonly waitMs?: number;
  /** Records that are moved to see whether memory stays flat; with 0, the default, none are. */
  readonly memoryRecords?: number;
}

/** One requirement, as a test to register. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}
