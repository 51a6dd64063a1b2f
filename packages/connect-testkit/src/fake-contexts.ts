import {
  type ErrantRecordReporter,
  IllegalWorkerStateError,
  type Logger,
  type OffsetStorageReader,
  type Props,
  type SinkRecord,
  type SinkTaskContext,
  type SourceConnectorContext,
  type SourceRecord,
  type SourceTaskContext,
  type TopicPartition,
  TopicPartitionMap,
  type TransactionContext,
} from "@millrace/connect-api";
import { MemoryOffsets } from "./memory-offsets.ts";
import { RecordingLogger } from "./recording-logger.ts";

/** The context of a source or sink connector; it counts what the connector asks for. */
export class FakeConnectorContext implements SourceConnectorContext {
  readonly offsetStorageReader: OffsetStorageReader;
  readonly logger: Logger;
  /** How often `taskConfigs` was asked to be called again. */
  reconfigurations = 0;
  /** What `raiseError` was given. */
  readonly raised: Error[] = [];

  constructor(offsets: OffsetStorageReader = new MemoryOffsets(), logger?: Logger) {
    this.offsetStorageReader = offsets;
    this.logger = logger ?? new RecordingLogger();
  }

  requestTaskReconfiguration(): void {
    this.reconfigurations += 1;
  }

  raiseError(error: Error): void {
    this.raised.push(error);
  }
}

/** Keeps what a task that defines its own transactions asked for. */
export class FakeTransactionContext implements TransactionContext {
  /** The record a transaction ends after; null = after the batch polled next. */
  readonly requests: { readonly kind: "commit" | "abort"; readonly record: SourceRecord | null }[] =
    [];

  commitTransaction(record?: SourceRecord): void {
    this.requests.push({ kind: "commit", record: record ?? null });
  }

  abortTransaction(record?: SourceRecord): void {
    this.requests.push({ kind: "abort", record: record ?? null });
  }
}

export class FakeSourceTaskContext implements SourceTaskContext {
  readonly offsetStorageReader: OffsetStorageReader;
  readonly logger: Logger;
  readonly transactionContext: FakeTransactionContext | null;
  readonly #props: Props;

  constructor(
    props: Props,
    options: {
      offsets?: OffsetStorageReader;
      logger?: Logger;
      transactionContext?: FakeTransactionContext;
    } = {},
  ) {
    this.#props = props;
    this.offsetStorageReader = options.offsets ?? new MemoryOffsets();
    this.logger = options.logger ?? new RecordingLogger();
    this.transactionContext = options.transactionContext ?? null;
  }

  configs(): Props {
    return this.#props;
  }
}

/** A record that a sink task reported as impossible to write. */
export interface ReportedRecord {
  readonly record: SinkRecord;
  readonly error: Error;
}

/** The context of a sink task; tests read what the task asked for from its fields. */
export class FakeSinkTaskContext implements SinkTaskContext {
  readonly logger: Logger;
  readonly errantRecordReporter: ErrantRecordReporter | null;
  readonly reported: ReportedRecord[] = [];
  /** Offsets the task wants to read on from; whoever drives the task empties it. */
  readonly rewinds = new TopicPartitionMap<number>();
  readonly paused = new TopicPartitionMap<true>();
  timeoutMs = -1;
  commitRequests = 0;
  readonly #props: Props;
  readonly #assignment = new TopicPartitionMap<true>();

  /** @param options.errantRecordReporter false = as without dead-letter topic and error log */
  constructor(props: Props, options: { logger?: Logger; errantRecordReporter?: boolean } = {}) {
    this.#props = props;
    this.logger = options.logger ?? new RecordingLogger();
    this.errantRecordReporter =
      options.errantRecordReporter === false
        ? null
        : {
            report: async (record, error) => {
              this.reported.push({ record, error });
            },
          };
  }

  configs(): Props {
    return this.#props;
  }

  offset(offsets: TopicPartitionMap<number>): void {
    for (const [tp, offset] of offsets) this.rewinds.set(tp, offset);
  }

  timeout(timeoutMs: number): void {
    this.timeoutMs = timeoutMs;
  }

  assignment(): readonly TopicPartition[] {
    return [...this.#assignment.keys()];
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#requireAssigned(partitions);
    for (const tp of partitions) this.paused.set(tp, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#requireAssigned(partitions);
    for (const tp of partitions) this.paused.delete(tp);
  }

  requestCommit(): void {
    this.commitRequests += 1;
  }

  /** For whoever drives the task: before `open`. */
  assign(partitions: readonly TopicPartition[]): void {
    for (const tp of partitions) this.#assignment.set(tp, true);
  }

  /** For whoever drives the task: after `close`. */
  unassign(partitions: readonly TopicPartition[]): void {
    for (const tp of partitions) {
      this.#assignment.delete(tp);
      this.paused.delete(tp);
    }
  }

  #requireAssigned(partitions: readonly TopicPartition[]): void {
    for (const tp of partitions) {
      if (!this.#assignment.has(tp)) {
        throw new IllegalWorkerStateError(
          `Partition ${tp.topic}-${tp.partition} is not assigned to this task`,
        );
      }
    }
  }
}
