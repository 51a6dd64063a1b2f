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
import { connect } from "../connect.ts";
import type { HttpClient } from "../http/client.ts";
import { ignoredKeys } from "../other-keys.ts";
import { AIVEN } from "./aiven-config.ts";
import { recordBody } from "./body.ts";
import { Condition } from "./condition.ts";
import { CONFLUENT } from "./confluent-config.ts";
import { Delivery } from "./delivery.ts";
import { settingsOf, type SinkDialect } from "./dialect.ts";
import { Lanes } from "./lanes.ts";
import { Partitions } from "./partition-progress.ts";
import { where } from "./pending.ts";
import type { SinkSettings } from "./settings.ts";
import { Targets } from "./target.ts";

/** Bodies that wait, beside max.buffered.records. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** Everything that `start` makes. */
interface Running {
  readonly settings: SinkSettings;
  readonly client: HttpClient;
  readonly lanes: Lanes;
  readonly targets: Targets;
}

/**
 * Sends records. `put` queues them and returns; requests run beside it, and `preCommit`
 * says how far they have come.
 */
abstract class HttpSinkTask extends SinkTask {
  abstract readonly dialect: SinkDialect;
  readonly #partitions = new Partitions();
  readonly #changed = new Condition();
  #running: Running | undefined;

  /** @throws {ConfigError} when the configuration is not valid */
  async start(props: Props): Promise<void> {
    const { logger, errantRecordReporter: reporter } = this.context;
    const settings = settingsOf(this.dialect, props);
    for (const warning of ignoredKeys(this.dialect.otherKeys, props)) logger.warn(warning);
    const { client, authorization } = await connect(settings);
    const delivery = new Delivery({ client, authorization, settings, reporter, logger });
    const lanes = new Lanes(settings, delivery, this.#changed, logger);
    this.#running = { settings, client, lanes, targets: new Targets(settings) };
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
    const running = this.#started();
    if (running.lanes.failure !== undefined) throw running.lanes.failure;
    if (records.length === 0) return;
    await this.#room(running, signal);
    for (const record of records) this.#take(running, record);
    running.lanes.send();
  }

  /**
   * What is sent without a gap (I1). Waits for everything taken: receivers seldom know a
   * record again, so that a stop or a rebalance should leave little to repeat.
   */
  override async preCommit(taken: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    const { lanes, settings } = this.#started();
    lanes.flush();
    const over = () => this.#partitions.unfinished === 0 || lanes.failure !== undefined;
    await this.#changed.wait(over, settings.lanes.flushTimeoutMs);
    return this.#partitions.committable(taken);
  }

  /** Drops what is not sent of the partitions; nothing of them is sent afterwards (I2). */
  override async close(partitions: readonly TopicPartition[]): Promise<void> {
    this.#partitions.close(partitions);
    const { lanes, settings } = this.#started();
    let isGone = false;
    const abandon = async () => {
      await lanes.abandonClosed();
      isGone = true;
      this.#changed.changed();
    };
    const abandoned = abandon();
    if (await this.#changed.wait(() => isGone, settings.lanes.flushTimeoutMs))
      return await abandoned;
    this.context.logger.warn(
      "Requests with records of partitions that were taken away are still under way after flush.timeout.ms; their new owner may send the same records meanwhile",
      { partitions },
    );
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.lanes.stop();
    await running?.client.close();
  }

  #started(): Running {
    if (this.#running === undefined) throw new ConnectError("The task is not started");
    return this.#running;
  }

  async #room({ settings, lanes }: Running, signal: AbortSignal): Promise<void> {
    const { maxBufferedRecords: limit, flushTimeoutMs: timeoutMs } = settings.lanes;
    const isFree = () =>
      lanes.failure !== undefined ||
      (this.#partitions.unfinished < limit && lanes.bytes < MAX_BUFFERED_BYTES);
    const inTime = await this.#changed.wait(isFree, timeoutMs, signal);
    if (lanes.failure !== undefined) throw lanes.failure;
    if (inTime) return;
    throw new RetriableError(
      `No room for new records within flush.timeout.ms (${timeoutMs} ms): the server has not taken the ${this.#partitions.unfinished} records held (max.buffered.records=${limit})`,
    );
  }

  #take(running: Running, record: SinkRecord): void {
    const { settings, targets, lanes } = running;
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
      const done = () => progress.done(ticket);
      this.#skip(running, record, error, done);
    }
  }

  /** @throws {DataError} unless such records may be skipped */
  #skip(
    { settings, lanes }: Running,
    record: SinkRecord,
    cause: DataError,
    done: () => void,
  ): void {
    const { errantRecordReporter: reporter, logger } = this.context;
    const message = `Cannot send record ${where(record)}: ${cause.message}`;
    const { mode, remedy } =
      cause instanceof NullValue ? { mode: cause.mode, remedy: NULL_REMEDY } : settings.failures;
    if (mode === "fail" || (mode === "report" && reporter === null)) {
      throw new DataError(`${message}. ${remedy}`, { cause });
    }
    if (mode === "log") logger.error(`${message}; the record is skipped`);
    else logger.debug(`${message}; the record is skipped`);
    void this.#report(lanes, record, new DataError(message, { cause }), done);
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
