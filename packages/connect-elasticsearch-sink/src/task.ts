import { setTimeout as sleep } from "node:timers/promises";
import {
  ConnectError,
  DataError,
  type Props,
  RetriableError,
  type SinkRecord,
  SinkTask,
  type TopicPartition,
  type TopicPartitionMap,
} from "@millrace/connect-api";
import type { Action } from "./document/action-writer.ts";
import { ElasticsearchClient } from "./client/client.ts";
import { Condition, Partitions } from "@millrace/sink-progress";
import { type Config, readConfig } from "./config/config.ts";
import { BulkDelivery } from "./bulk/bulk-delivery.ts";
import { EventWithoutRow, type Rows, rowsOf } from "./document/envelope.ts";
import { type Target, Targets } from "./destination/targets.ts";
import { ignoredKeys } from "./config/unsupported-keys.ts";
import { LineBuffer } from "./bulk/line-buffer.ts";
import { BulkWriter } from "./bulk/bulk-writer.ts";

/** Done records behind one that is not: their flags are kept up to this many times max.buffered.records. */
const TRACKED_PER_BUFFERED = 10;

/** A record that is not to be written, and what is reported of it. */
interface Skipped {
  readonly skipped: DataError;
}

/** Everything that `start` makes. */
interface Running {
  readonly config: Config;
  readonly client: ElasticsearchClient;
  readonly targets: Targets;
  readonly rows: Rows | undefined;
  readonly writer: BulkWriter;
}

/**
 * Indexes records. `put` makes bulk operations of them and returns; requests run beside
 * it, and `preCommit` says how far they have come.
 */
export class ElasticsearchSinkTask extends SinkTask {
  readonly #partitions = new Partitions();
  readonly #changed = new Condition();
  readonly #lines = new LineBuffer();
  #running: Running | undefined;

  /** @throws {ConfigError} when the configuration is not valid */
  start(props: Props): void {
    const { logger, errantRecordReporter } = this.context;
    const config = readConfig(props);
    for (const key of ignoredKeys(props)) logger.warn(`${key} has no effect on this connector`);
    const client = new ElasticsearchClient(config);
    const onProgress = () => this.#changed.changed();
    const delivery = new BulkDelivery(client, config, errantRecordReporter, logger, onProgress);
    const writer = new BulkWriter(config, delivery, this.#changed, logger);
    const targets = new Targets(client, config, logger);
    this.#running = { config, client, targets, rows: rowsOf(config), writer };
  }

  override open(partitions: readonly TopicPartition[]): void {
    this.#partitions.open(partitions);
  }

  /**
   * Takes all records or, where it throws before, none; waits while max.buffered.records
   * are held already.
   * @throws {RetriableError} when there is no room within flush.timeout.ms
   * @throws {ConnectError} when a record cannot be written, this one or an earlier one
   */
  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const running = this.#started();
    if (running.writer.failure !== undefined) throw running.writer.failure;
    if (records.length === 0) return;
    await this.#room(running, signal);
    const rows = running.rows === undefined ? records : records.map(rowReader(running.rows));
    const targets = await running.targets.prepare(rows, signal);
    // Each list has an entry per record.
    for (let i = 0; i < records.length; i++) {
      this.#take(running, records[i]!, rows[i]!, targets[i]!);
    }
    running.writer.send();
  }

  /** What is indexed without a gap (I1); with flush.synchronously it first waits for everything taken. */
  override async preCommit(taken: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    const { config, writer } = this.#started();
    writer.flush();
    if (config["flush.synchronously"]) {
      const over = () => this.#partitions.unfinished === 0 || writer.failure !== undefined;
      await this.#changed.wait(over, config["flush.timeout.ms"]);
    }
    return this.#partitions.committable(taken);
  }

  /** Drops what is not sent of the partitions; nothing of them reaches Elasticsearch afterwards (I2). */
  override async close(partitions: readonly TopicPartition[]): Promise<void> {
    this.#partitions.close(partitions);
    const { config, writer } = this.#started();
    const gone = await settlesWithin(config["flush.timeout.ms"], writer.abandonClosed());
    if (!gone) {
      this.context.logger.warn(
        "Requests with records of partitions that were taken away are still under way after flush.timeout.ms; their new owner may write the same records meanwhile",
        { partitions },
      );
    }
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.writer.stop();
    await running?.client.close();
  }

  #started(): Running {
    if (this.#running === undefined) throw new ConnectError("The task is not started");
    return this.#running;
  }

  async #room({ config, writer }: Running, signal: AbortSignal): Promise<void> {
    const { "max.buffered.records": limit, "flush.timeout.ms": timeoutMs } = config;
    const free = () =>
      writer.failure !== undefined ||
      (this.#partitions.unfinished < limit &&
        this.#partitions.tracked < limit * TRACKED_PER_BUFFERED);
    const inTime = await this.#changed.wait(free, timeoutMs, signal);
    if (writer.failure !== undefined) throw writer.failure;
    if (inTime) return;
    throw new RetriableError(
      `No room for new records within flush.timeout.ms (${timeoutMs} ms): Elasticsearch has not taken the ${this.#partitions.unfinished} records held (max.buffered.records=${limit})`,
    );
  }

  /** @param row what the record is made into, or why it is not */
  #take(
    running: Running,
    record: SinkRecord,
    row: SinkRecord | DataError,
    target: Target | DataError,
  ): void {
    const progress = this.#partitions.of(record);
    const ticket = progress.add(record.originalKafkaOffset);
    let action: Action | Skipped;
    try {
      if (row instanceof DataError) throw row;
      if (target instanceof DataError) throw target;
      const deletes = running.rows?.deletes(record) ?? false;
      action = deletes ? deletion(row, target) : actionFor(row, target, running.config);
    } catch (error) {
      action = this.#invalid(running, record, error);
    }
    if ("skipped" in action) {
      void this.#report(running.writer, record, action.skipped, () => progress.done(ticket));
    } else {
      const { index, id, version, onConflict } = action;
      const lines = this.#lines.write(action.lines);
      running.writer.add({ record, progress, ticket, index, id, version, onConflict, lines });
    }
  }

  /** @throws {DataError} unless drop.invalid.message says to skip such records */
  #invalid({ config }: Running, record: SinkRecord, cause: unknown): Skipped {
    if (!(cause instanceof DataError)) throw cause;
    if (cause instanceof EventWithoutRow) {
      this.context.logger.warn(`Skipped ${where(record)}: ${cause.message}`);
      return { skipped: new DataError(`Skipped ${where(record)}: ${cause.message}`) };
    }
    const message = `Cannot make a document of ${where(record)}: ${cause.message}`;
    if (!config["drop.invalid.message"]) {
      throw new DataError(`${message}. drop.invalid.message=true would skip such records`, {
        cause,
      });
    }
    this.context.logger.error(`${message}; the record is skipped`);
    return { skipped: new DataError(message, { cause }) };
  }

  /** A record that is not written is done once its report is (I4). */
  async #report(
    writer: BulkWriter,
    record: SinkRecord,
    why: DataError,
    done: () => void,
  ): Promise<void> {
    const { errantRecordReporter: reporter, logger } = this.context;
    logger.debug(why.message);
    try {
      await reporter?.report(record, why);
      done();
      this.#changed.changed();
    } catch (error) {
      writer.fail(error);
    }
  }
}

/**
 * What to do for a record.
 * @throws {DataError} when it cannot be written
 */
function actionFor(record: SinkRecord, target: Target, config: Config): Action | Skipped {
  if (record.value !== null) return target.actions.write(record);
  switch (config["behavior.on.null.values"]) {
    case "fail":
      throw new DataError("its value is null, and behavior.on.null.values is fail");
    case "ignore":
      return { skipped: new DataError(`Skipped ${where(record)}: its value is null`) };
    case "delete":
      return deletion(record, target);
  }
}

/** @throws {DataError} when the key cannot be an id */
function deletion(record: SinkRecord, { actions, deletable }: Target): Action | Skipped {
  if (deletable && record.key !== null) return actions.delete(record);
  const why = "it deletes, and has no key that would say which document";
  return { skipped: new DataError(`Skipped ${where(record)}: ${why}`) };
}

/** The row of a record, or why it has none. */
function rowReader({ rowOf }: Rows): (record: SinkRecord) => SinkRecord | DataError {
  return (record) => {
    try {
      return rowOf(record);
    } catch (error) {
      if (error instanceof DataError) return error;
      throw error;
    }
  };
}

/** True when the promise settles in time. */
async function settlesWithin(timeoutMs: number, promise: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      sleep(timeoutMs, false, { signal: timer.signal }),
    ]);
  } finally {
    timer.abort();
  }
}

function where(record: SinkRecord): string {
  return `record ${record.originalTopic}-${record.originalKafkaPartition}@${record.originalKafkaOffset}`;
}
