import {
  ConnectError,
  DataError,
  type ErrantRecordReporter,
  isConnectError,
  isRetriable,
  type Logger,
  RetriableError,
  type SinkRecord,
  type SinkTaskContext,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { faultOf, pause, type Session, type Sessions } from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import { placeOf, RecordError } from "../record/topic-rules.ts";
import type { OffsetsTable } from "./offsets-table.ts";
import type { Poison, PutWriter } from "./put-writer.ts";
import { remedyFor } from "./retry.ts";
import type { Tables } from "./tables.ts";

/** How often a deadlock's victim tries again at once, before the worker is asked to give it again. */
const DEADLOCK_ATTEMPTS = 5;
const DEADLOCK_WAIT_MS = 20;

export interface DeliveryOptions {
  readonly config: Config;
  readonly context: SinkTaskContext;
  readonly sessions: Sessions;
  readonly writer: PutWriter;
  readonly tables: Tables;
  /** Where offsets are stored, with `offsets.table`. */
  readonly offsets: OffsetsTable | undefined;
}

/** There is no session to be had: no record is at fault, and the task fails. */
class UnreachableError extends ConnectError {
  constructor(message: string, cause: ConnectError) {
    super(message, { cause, javaName: cause.javaName });
  }
}

/**
 * Sees puts through: one transaction each, tried again by the kind of error; where single records
 * are at fault, halves of the put and halves of those, until only they are left, which are
 * reported (Java: `JdbcSinkTask`, which tries each record by itself).
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #logger: Logger;
  readonly #reporter: ErrantRecordReporter | null;
  #retriesLeft: number;
  /** Of a put that was written in part: the offsets up to which it is done. Empty when it is accepted. */
  readonly #done = new TopicPartitionMap<number>();
  /** Found in a put that is not accepted yet. */
  readonly #poison = new Map<SinkRecord, ConnectError>();
  /** Partitions whose stored offsets are still to be looked up. */
  #unopened: TopicPartition[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#logger = options.context.logger;
    this.#reporter = options.context.errantRecordReporter;
    this.#retriesLeft = options.config["max.retries"];
  }

  /** With stored offsets, reads on from there; at the next put where the database is away now. */
  async open(partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const { offsets, sessions } = this.#options;
    if (offsets === undefined) return;
    this.#unopened.push(...partitions);
    try {
      await this.#openPartitions(offsets, await sessions.get(signal));
    } catch (error) {
      if (!isRetriable(error)) throw error;
      await sessions.drop();
      this.#logger.warn("Stored offsets are looked up later", { error: this.#shown(error) });
    }
  }

  /** Partitions are others': what was begun of them is theirs. */
  close(partitions: readonly TopicPartition[]): void {
    this.#done.clear();
    this.#poison.clear();
    this.#options.offsets?.close(partitions);
    const isClosed = new TopicPartitionMap(partitions.map((partition) => [partition, true]));
    this.#unopened = this.#unopened.filter((partition) => !isClosed.has(partition));
  }

  /**
   * Writes the records, all in one transaction unless some are at fault.
   * @throws {RetriableError} to be given the same again
   * @throws {ConnectError} when it is no use
   */
  async deliver(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const left =
      this.#done.size === 0 ? records : records.filter((record) => !this.#isDone(record));
    if (left.length > 0) await this.#settle(left, signal);
    this.#retriesLeft = this.#options.config["max.retries"];
    this.#done.clear();
    const poison = [...this.#poison];
    this.#poison.clear();
    await Promise.all(poison.map(([record, error]) => this.#report({ record, error })));
  }

  async #settle(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    let error: unknown;
    try {
      return await this.#write(records, signal);
    } catch (thrown) {
      error = thrown;
    }
    this.#retryOrThrow(error, signal);
    await this.#divide(records, error, signal);
  }

  /** In halves, in order; what is done of them is remembered. */
  async #divide(
    records: readonly SinkRecord[],
    error: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#reporter === null) throw this.#fatal(records, error);
    const [single] = records;
    if (records.length === 1 && single !== undefined) {
      await this.#giveUp({ record: single, error: this.#fatal(records, error) });
      await this.#pass(records, signal);
      this.#markDone(records);
      return;
    }
    const middle = Math.ceil(records.length / 2);
    for (const half of [records.slice(0, middle), records.slice(middle)]) {
      try {
        await this.#write(half, signal);
        this.#markDone(half);
      } catch (thrown) {
        this.#retryOrThrow(thrown, signal);
        await this.#divide(half, thrown, signal);
      }
    }
  }

  /** Stores, where offsets are stored, that these records are done without being written. */
  async #pass(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const { offsets } = this.#options;
    if (offsets === undefined) return;
    const session = await this.#session(signal);
    await session.transaction(() => offsets.advance(session, records));
    offsets.advanced(records);
  }

  /** @returns where there is nothing left but to look for the records at fault */
  #retryOrThrow(error: unknown, signal: AbortSignal): void {
    if (!isConnectError(error)) throw error;
    if (error instanceof UnreachableError) throw error;
    const { config, context, tables } = this.#options;
    // The table may have changed under us.
    tables.forget();
    if (signal.aborted) throw this.#again(error);
    const remedy = remedyFor(error);
    if (remedy === "records") return;
    if (remedy === "later") {
      if (this.#retriesLeft === 0) {
        this.#logger.error(
          `Tried ${config["max.retries"]} times again (max.retries) without success: ${this.#shown(error).message}`,
        );
        return;
      }
      this.#retriesLeft--;
    }
    context.timeout(config["retry.backoff.ms"]);
    throw this.#again(error);
  }

  #again(error: unknown): RetriableError {
    const shown = this.#shown(error);
    return new RetriableError(shown.message, { cause: shown });
  }

  async #write(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const { offsets, sessions, writer } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const session = await this.#session(signal);
      const drop = () => void sessions.drop();
      signal.addEventListener("abort", drop, { once: true });
      try {
        if (offsets !== undefined && this.#unopened.length > 0) {
          await this.#openPartitions(offsets, session);
          throw new RetriableError("What was read is read again from the stored offsets");
        }
        const fresh = offsets === undefined ? records : await offsets.unwritten(session, records);
        const put = await writer.prepare(session, fresh);
        if (put.poison.length > 0) await this.#refuse(put.poison);
        await session.transaction(async () => {
          await put.run(session);
          await offsets?.advance(session, fresh);
        });
        offsets?.advanced(fresh);
        return;
      } catch (error) {
        const kind = faultOf(error)?.kind;
        if (kind === "connection" || !session.usable) {
          offsets?.forget();
          await sessions.drop();
        }
        if (kind !== "deadlock" || attempt === DEADLOCK_ATTEMPTS || signal.aborted) throw error;
        this.#logger.info(`Deadlock, attempt ${attempt}: the transaction is run again`);
        await pause(Math.random() * DEADLOCK_WAIT_MS * attempt, signal);
      } finally {
        signal.removeEventListener("abort", drop);
      }
    }
  }

  async #openPartitions(offsets: OffsetsTable, session: Session): Promise<void> {
    await offsets.open(session, this.#unopened);
    this.#unopened = [];
  }

  /**
   * A connection that cannot be made counts, unlike one that is lost: it is tried
   * `connection.attempts` times for each of the `max.retries`.
   */
  async #session(signal: AbortSignal): Promise<Session> {
    const { config, context, sessions } = this.#options;
    try {
      return await sessions.get(signal);
    } catch (error) {
      if (!isConnectError(error)) throw error;
      if (!error.retriable) throw new UnreachableError(error.message, error);
      if (signal.aborted) throw error;
      if (this.#retriesLeft === 0) {
        const tried = `Tried ${config["max.retries"]} times again (max.retries)`;
        throw new UnreachableError(`${error.message}. ${tried}`, error);
      }
      this.#retriesLeft--;
      context.timeout(config["retry.backoff.ms"]);
      throw error;
    }
  }

  /** @throws {ConnectError} the first error, where nobody takes records that cannot be written */
  async #refuse(poison: readonly Poison[]): Promise<void> {
    if (this.#reporter === null) throw this.#fatal([poison[0]!.record], poison[0]!.error);
    for (const one of poison) await this.#giveUp({ ...one, error: this.#shown(one.error) });
  }

  /** With stored offsets the record is never seen again once they are: its report comes first (I4). */
  async #giveUp(poison: Poison): Promise<void> {
    if (this.#options.offsets !== undefined) await this.#report(poison);
    else this.#poison.set(poison.record, poison.error);
  }

  async #report({ record, error }: Poison): Promise<void> {
    this.#logger.debug(`Reported ${placeOf(record)}: ${error.message}`);
    await this.#reporter?.report(record, error);
  }

  #fatal(records: readonly SinkRecord[], error: unknown): ConnectError {
    const shown = this.#shown(error);
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined || shown.message.includes(placeOf(first)))
      return shown;
    const which =
      first === last
        ? placeOf(first)
        : `${records.length} records, ${placeOf(first)} to ${placeOf(last)}`;
    return new ConnectError(`Cannot write ${which}: ${shown.message}`, {
      cause: shown,
      javaName: shown.javaName,
    });
  }

  /** The error as it may be logged, reported and shown in a status. */
  #shown(error: unknown): ConnectError {
    if (!isConnectError(error)) throw error;
    if (!this.#options.config["trim.sensitive.log"]) return error;
    const fault = faultOf(error);
    const saysValue = error instanceof DataError && !(error instanceof RecordError);
    if (fault === undefined && !saysValue) return error;
    const code = fault === undefined || fault.code === "" ? "" : ` (code ${fault.code})`;
    return new ConnectError(`It is refused${code}; trim.sensitive.log hides what was said`);
  }

  #isDone({ originalTopic, originalKafkaPartition, originalKafkaOffset }: SinkRecord): boolean {
    const done = this.#done.get({ topic: originalTopic, partition: originalKafkaPartition });
    return done !== undefined && originalKafkaOffset < done;
  }

  #markDone(records: readonly SinkRecord[]): void {
    for (const { originalTopic, originalKafkaPartition, originalKafkaOffset } of records) {
      const partition = { topic: originalTopic, partition: originalKafkaPartition };
      this.#done.set(partition, originalKafkaOffset + 1);
    }
  }
}
