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
import { ignoredKeys } from "../other-keys.ts";
import { AIVEN } from "./aiven-config.ts";
import { recordBody } from "./body.ts";
import { Condition, Partitions } from "@millrace/sink-progress";
import { CONFLUENT } from "./confluent-config.ts";
import { settingsOf, type SinkDialect } from "./dialect.ts";
import { type Engine, Engines, startEngine } from "./engine.ts";
import { GENERIC } from "./generic-config.ts";
import type { Lanes } from "./lanes.ts";
import { where } from "./pending.ts";
import type { SinkSettings } from "./settings.ts";

/** Bodies that wait, beside max.buffered.records. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** Done records behind one that is not are kept in mind up to this many times max.buffered.records. */
const TRACKED_PER_BUFFERED = 10;

/**
 * Sends records. `put` queues them and returns; requests run beside it, and `preCommit`
 * says how far they have come.
 */
abstract class HttpSinkTask extends SinkTask {
  abstract readonly dialect: SinkDialect;
  readonly #partitions = new Partitions();
  readonly #changed = new Condition();
  #engines: Engines | undefined;

  /** @throws {ConfigError} when the configuration is not valid */
  async start(props: Props): Promise<void> {
    const { logger } = this.context;
    const settings = settingsOf(this.dialect, props);
    for (const warning of ignoredKeys(this.dialect.otherKeys, props)) logger.warn(warning);
    const engines: Engine[] = [];
    // What was started is there for `stop`, also if the next one can't be.
    this.#engines = new Engines(engines);
    for (const each of settings) {
      engines.push(await startEngine(each, this.context, this.#changed));
    }
  }

  override open(partitions: readonly TopicPartition[]): void {
    this.#partitions.open(partitions);
  }

  /**
   * Takes all records; waits while max.buffered.records are held already.
   * @throws {RetriableError} when there is no room within flush.timeout.ms: none was taken
   * @throws {ConnectError} when a record cannot be sent, this one or an earlier one
   */
  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const engines = this.#started();
    if (engines.failure !== undefined) throw engines.failure;
    if (records.length === 0) return;
    await this.#room(engines, signal);
    for (const record of records) this.#take(engines, record);
    for (const { lanes } of engines.all) lanes.send();
  }

  /**
   * What is sent without a gap (I1). Waits for everything taken: receivers seldom know a
   * record again, so that a stop or a rebalance should leave little to repeat.
   */
  override async preCommit(taken: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    const engines = this.#started();
    for (const { lanes } of engines.all) lanes.flush();
    const over = () => this.#partitions.unfinished === 0 || engines.failure !== undefined;
    await this.#changed.wait(over, limitsOf(engines).flushTimeoutMs);
    return this.#partitions.committable(taken);
  }

  /** Drops what is not sent of the partitions; nothing of them is sent afterwards (I2). */
  override async close(partitions: readonly TopicPartition[]): Promise<void> {
    this.#partitions.close(partitions);
    const engines = this.#started();
    let isGone = false;
    const abandon = async () => {
      await Promise.all(engines.all.map(({ lanes }) => lanes.abandonClosed()));
      isGone = true;
      this.#changed.changed();
    };
    const abandoned = abandon();
    if (await this.#changed.wait(() => isGone, limitsOf(engines).flushTimeoutMs))
      return await abandoned;
    this.context.logger.warn(
      "Requests with records of partitions that were taken away are still under way after flush.timeout.ms; their new owner may send the same records meanwhile",
      { partitions },
    );
  }

  async stop(): Promise<void> {
    const engines = this.#engines?.all ?? [];
    this.#engines = undefined;
    for (const { lanes, client } of engines) {
      await lanes.stop();
      await client.close();
    }
  }

  #started(): Engines {
    if (this.#engines === undefined) throw new ConnectError("The task is not started");
    return this.#engines;
  }

  async #room(engines: Engines, signal: AbortSignal): Promise<void> {
    const { maxBufferedRecords: limit, flushTimeoutMs: timeoutMs } = limitsOf(engines);
    const isFree = () =>
      engines.failure !== undefined ||
      (this.#partitions.unfinished < limit &&
        this.#partitions.tracked < limit * TRACKED_PER_BUFFERED &&
        engines.bytes < MAX_BUFFERED_BYTES);
    const inTime = await this.#changed.wait(isFree, timeoutMs, signal);
    if (engines.failure !== undefined) throw engines.failure;
    if (inTime) return;
    throw new RetriableError(
      `No room for new records within flush.timeout.ms (${timeoutMs} ms): the server has not taken ${this.#partitions.unfinished} records held, and ${this.#partitions.tracked} are these or behind records that are not taken (max.buffered.records=${limit})`,
    );
  }

  /** @throws {DataError} when the record cannot be sent and may not be skipped */
  #take(engines: Engines, record: SinkRecord): void {
    const { lanes, settings, targets } = engines.of(record);
    const progress = this.#partitions.of(record);
    const ticket = progress.add(record.originalKafkaOffset);
    try {
      const isNull = record.value === null;
      if (isNull && settings.nullValues !== "delete") throw new NullValue(settings.nullValues);
      const target = targets.of(record);
      const body = isNull ? null : recordBody(record, settings.body);
      lanes.add({ record, progress, ticket, target, body });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const why = this.#skip(settings, record, error);
      void this.#report(lanes, record, why, () => progress.done(ticket));
    }
  }

  /**
   * @returns what to report of a record that is not sent
   * @throws {DataError} unless such records may be skipped
   */
  #skip({ failures }: SinkSettings, record: SinkRecord, cause: DataError): DataError {
    const { errantRecordReporter: reporter, logger } = this.context;
    const message = `Cannot send record ${where(record)}: ${cause.message}`;
    const { mode, remedy } =
      cause instanceof NullValue ? { mode: cause.mode, remedy: NULL_REMEDY } : failures;
    if (mode === "fail" || (mode === "report" && reporter === null)) {
      throw new DataError(`${message}. ${remedy}`, { cause });
    }
    if (mode === "log") logger.error(`${message}; the record is skipped`);
    else logger.debug(`${message}; the record is skipped`);
    return new DataError(message, { cause });
  }

  /** A record that is not sent is done once its report is (I4). */
  async #report(lanes: Lanes, record: SinkRecord, why: DataError, done: () => void): Promise<void> {
    try {
      await this.context.errantRecordReporter?.report(record, why);
      done();
      this.#changed.changed();
    } catch (error) {
      lanes.fail(error);
    }
  }
}

/** What all APIs of a task share. */
function limitsOf({ all: [first] }: Engines): SinkSettings["lanes"] {
  if (first === undefined) throw new ConnectError("The task has no API");
  return first.settings.lanes;
}

const NULL_REMEDY =
  "behavior.on.null.values, where the connector has it, says what to do with such records";

/** A record without value, which is not to be sent. */
class NullValue extends DataError {
  readonly mode: "ignore" | "log" | "fail";

  constructor(mode: "ignore" | "log" | "fail") {
    super("its value is null");
    this.mode = mode;
  }
}

/** The task of `io.aiven.kafka.connect.http.HttpSinkConnector`. */
export class AivenHttpSinkTask extends HttpSinkTask {
  readonly dialect = AIVEN;
}

/** The task of `io.confluent.connect.http.HttpSinkConnector`. */
export class ConfluentHttpSinkTask extends HttpSinkTask {
  readonly dialect = CONFLUENT;
}

/** The task of `io.confluent.connect.http.sink.GenericHttpSinkConnector`. */
export class GenericHttpSinkTask extends HttpSinkTask {
  readonly dialect = GENERIC;
}
