import { ConnectError, type ErrantRecordReporter, type SinkRecord } from "@millrace/connect-api";
import type { FailedRecord, Letter, RecordOrigin } from "../errors/failed-record.ts";
import type { Tolerance } from "../errors/tolerance.ts";
import type { TaskConverters } from "../record/converters.ts";
import type { TaskCounters } from "../task/counters.ts";
import { until } from "../task/until.ts";
import { ConsumedSinkRecord, describeConsumed, placeOf } from "./consumed-record.ts";

/** What Java names as the class at work when a task, or `put`, cannot take a record. */
const TASK_CLASS = "org.apache.kafka.connect.sink.SinkTask";

export interface ErrantRecordsOptions {
  readonly tolerance: Tolerance;
  readonly converters: TaskConverters;
  readonly counters: TaskCounters;
  /** Where there is a dead-letter topic, a reported record is held until it is there. */
  readonly hasDeadLetters: boolean;
  /** How long a commit waits for reports, in milliseconds. */
  readonly settleMs: number;
  readonly onFailure: (error: ConnectError) => void;
}

interface Report {
  readonly record: SinkRecord;
  readonly written: Promise<void>;
}

/**
 * Records that a sink task says it cannot write (KIP-610; Java:
 * `WorkerErrantRecordReporter`). Reports may come at any time, also between calls of
 * `put`; before offsets are committed they must be settled (`Tolerance.settled`).
 */
export class ErrantRecords implements ErrantRecordReporter {
  readonly #options: ErrantRecordsOptions;
  /** Reported while `put` runs: what they are counted as depends on how it ends. */
  #duringPut: Report[] | undefined;
  #refused: Promise<never> | undefined;

  constructor(options: ErrantRecordsOptions) {
    this.#options = options;
  }

  report(record: SinkRecord, error: Error): Promise<void> {
    const { tolerance, onFailure } = this.#options;
    const failed = this.failed(record, error);
    const written = tolerance.report(failed);
    if (!tolerance.toleratesAll) {
      // As Java's reporter throws; a task that does not look fails all the same.
      const refused = tolerance.refuse(failed, written);
      refused.catch(onFailure);
      this.#refused ??= refused;
      return refused;
    }
    if (this.#duringPut === undefined) this.#count({ record, written });
    else this.#duringPut.push({ record, written });
    // Whoever does not wait for it is told by the failure of the task.
    written.catch(() => undefined);
    return written;
  }

  /**
   * Waits until what was reported, or failed before it reached the task, is durable.
   * @throws {ConnectError} when it is not in time: nothing may be committed
   */
  async settled(signal: AbortSignal): Promise<void> {
    const { tolerance, settleMs } = this.#options;
    await this.throwIfRefused();
    const patience = AbortSignal.any([signal, AbortSignal.timeout(settleMs)]);
    const settled = tolerance.settled().then(() => true);
    if (!(await until(settled, patience))) {
      throw new ConnectError(
        "Records that failed are not in the dead-letter topic yet (errors.deadletterqueue.topic.name): is its cluster reachable?",
      );
    }
  }

  /** @throws {ConnectError} when the task has reported a record and errors are not tolerated */
  async throwIfRefused(): Promise<void> {
    await this.#refused;
  }

  putBegins(): void {
    this.#duringPut = [];
  }

  /**
   * The records that were put count as written, but for those that were reported.
   * @returns back-pressure, where a task reports faster than dead letters are written
   */
  putAccepted(): Promise<void> | undefined {
    const reports = this.#takeReports();
    for (const report of reports) this.#count(report);
    return reports.length > 0 ? this.#options.tolerance.ready() : undefined;
  }

  /** What was put is given again, or read again: it counts then. */
  putRefused(records: readonly SinkRecord[]): void {
    const reports = this.#takeReports();
    if (reports.length === 0) return;
    const refused = new Set(records);
    for (const report of reports) if (!refused.has(report.record)) this.#count(report);
  }

  /** A record that fails in the task. */
  failed(record: SinkRecord, error: unknown): FailedRecord {
    const origin =
      record instanceof ConsumedSinkRecord
        ? record.consumed
        : new RewrittenRecord(record, this.#options.converters);
    return { stage: "TASK_PUT", className: TASK_CLASS, error, origin };
  }

  #takeReports(): Report[] {
    const reports = this.#duringPut ?? [];
    this.#duringPut = undefined;
    return reports;
  }

  #count({ written }: Report): void {
    const { counters, tolerance, hasDeadLetters } = this.#options;
    counters.written--;
    if (hasDeadLetters) tolerance.countDeadLetter(written);
    else counters.skipped++;
  }
}

/** A record that does not know its bytes: the converters write it again, as in Java. */
class RewrittenRecord implements RecordOrigin {
  readonly #record: SinkRecord;
  readonly #converters: TaskConverters;

  constructor(record: SinkRecord, converters: TaskConverters) {
    this.#record = record;
    this.#converters = converters;
  }

  get where(): string {
    const { originalTopic, originalKafkaPartition, originalKafkaOffset } = this.#record;
    return `of ${originalTopic}-${originalKafkaPartition} at offset ${originalKafkaOffset}`;
  }

  describe(): string {
    const { timestamp, timestampType } = this.#record;
    return describeConsumed({
      topic: this.#record.originalTopic,
      partition: this.#record.originalKafkaPartition,
      offset: this.#record.originalKafkaOffset,
      timestamp,
      timestampType,
    });
  }

  async letter(): Promise<Letter> {
    const { key, value, header } = this.#converters;
    const record = this.#record;
    const { topic } = record;
    const headers = [];
    for (const { key: name, schema, value: content } of record.headers) {
      headers.push({
        key: name,
        value: await header.fromConnectHeader(topic, name, schema, content),
      });
    }
    return {
      key: await key.fromConnectData(topic, headers, record.keySchema, record.key),
      value: await value.fromConnectData(topic, headers, record.valueSchema, record.value),
      timestampMs: record.timestamp ?? -1,
      headers,
      place: placeOf(
        record.originalTopic,
        record.originalKafkaPartition,
        record.originalKafkaOffset,
      ),
    };
  }
}
