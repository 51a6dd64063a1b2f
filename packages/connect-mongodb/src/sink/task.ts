import { setTimeout as sleep } from "node:timers/promises";
import {
  ConnectError,
  DataError,
  isConnectError,
  type Props,
  RetriableError,
  type SinkRecord,
  SinkTask,
} from "@millrace/connect-api";
import type { MongoClient } from "mongodb";
import { makeClient } from "../connection/client.ts";
import { toConnectError } from "../connection/errors.ts";
import { writeInOrder, writeUnordered } from "./bulk-write.ts";
import { topicConfig } from "./config.ts";
import { refuseUnsupported } from "../unsupported-keys.ts";
import { ensureTimeSeries } from "./time-series/collection.ts";
import { type Operation, TopicPlanner } from "./topic-planner.ts";
import { writeError } from "./write-error.ts";

/** Operations of one topic for one collection, in the order of their records. */
interface Batch {
  readonly planner: TopicPlanner;
  readonly operations: Operation[];
}

/** Writes records to collections; what `put` took is written when it returns. */
export class MongoSinkTask extends SinkTask {
  #props: Props = {};
  #client: MongoClient | undefined;
  readonly #planners = new Map<string, TopicPlanner>();
  readonly #timeSeries = new Set<string>();
  /** Of records that are given again: a new plan would make new ids, hence new documents. */
  readonly #plans = new WeakMap<SinkRecord, Operation>();
  #bulkWrites = 0;
  #reports: Promise<void>[] = [];

  /** @throws {ConfigError} when the configuration is not valid */
  start(props: Props): void {
    refuseUnsupported(props, this.context.logger);
    this.#props = props;
    // Also where no topic is named: settings that no topic could work with fail the start.
    const { config } = this.#plannerOf("");
    this.#client = makeClient(config);
  }

  /**
   * Writes all records or, where it throws, some.
   * @throws {RetriableError} when the deployment cannot take them now
   * @throws {ConnectError} when it will not, or a record cannot be written and no error is tolerated
   */
  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const batches = this.#plan(records);
    try {
      if (batches.length > 0) await this.#connected();
      for (const batch of batches) await this.#write(batch, signal);
    } catch (error) {
      this.#remember(batches);
      throw error;
    } finally {
      // A report that fails fails the put: its record is nowhere else (I4).
      await Promise.all(this.#reports.splice(0));
    }
  }

  async stop(): Promise<void> {
    await this.#client?.close();
  }

  #plannerOf(topic: string): TopicPlanner {
    let planner = this.#planners.get(topic);
    if (planner === undefined) {
      planner = new TopicPlanner(topicConfig(topic, this.#props), this.context.logger);
      this.#planners.set(topic, planner);
    }
    return planner;
  }

  /** Interleaved topics and namespaces do not make batches small, as they do in Java. */
  #plan(records: readonly SinkRecord[]): Batch[] {
    const batches = new Map<string, Batch>();
    for (const record of records) {
      const planner = this.#plannerOf(record.topic);
      const operation = this.#planned(planner, record);
      if (operation === undefined) continue;
      const { database, collection } = operation.namespace;
      const key = `${record.topic}\0${database}\0${collection}`;
      const batch = batches.get(key);
      if (batch === undefined) batches.set(key, { planner, operations: [operation] });
      else batch.operations.push(operation);
    }
    return [...batches.values()];
  }

  #planned(planner: TopicPlanner, record: SinkRecord): Operation | undefined {
    const before = this.#plans.get(record);
    if (before !== undefined) return before;
    try {
      return planner.plan(record);
    } catch (error) {
      if (!isConnectError(error)) throw error;
      this.#refuse(planner, record, error);
      return undefined;
    }
  }

  #remember(batches: readonly Batch[]): void {
    for (const { operations } of batches) {
      for (const operation of operations) this.#plans.set(operation.record, operation);
    }
  }

  async #write({ planner, operations }: Batch, signal: AbortSignal): Promise<void> {
    const client = this.#started();
    const { config } = planner;
    const { namespace } = operations[0]!;
    await this.#ensureTimeSeries(client, planner, namespace);
    const collection = client.db(namespace.database).collection(namespace.collection);
    const write = config["bulk.write.ordered"] ? writeInOrder : writeUnordered;
    const size = config["max.batch.size"] || operations.length;
    for (let i = 0; i < operations.length; i += size) {
      if (signal.aborted) throw new RetriableError("The task is stopped in the midst of a put");
      await write(collection, operations.slice(i, i + size), ({ record }, error) => {
        this.#refuse(planner, record, writeError(error));
      });
      await this.#limitRate(planner, signal);
    }
  }

  async #ensureTimeSeries(
    client: MongoClient,
    { config }: TopicPlanner,
    namespace: Operation["namespace"],
  ): Promise<void> {
    if (config["timeseries.timefield"].trim() === "") return;
    const name = `${namespace.database}.${namespace.collection}`;
    if (this.#timeSeries.has(name)) return;
    await ensureTimeSeries(client, namespace, config);
    this.#timeSeries.add(name);
  }

  async #limitRate({ config }: TopicPlanner, signal: AbortSignal): Promise<void> {
    const { "rate.limiting.every.n": every, "rate.limiting.timeout": ms } = config;
    this.#bulkWrites += 1;
    if (every === 0 || ms === 0 || this.#bulkWrites % every !== 0) return;
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** @throws {DataError} unless errors are tolerated */
  #refuse({ config }: TopicPlanner, record: SinkRecord, error: ConnectError): void {
    const { errantRecordReporter: reporter, logger } = this.context;
    const where = `record ${record.originalTopic}-${record.originalKafkaPartition}@${record.originalKafkaOffset}`;
    if (!config.tolerates) {
      const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
      throw new DataError(`Cannot write ${where}: ${error.message}${cause}`, { cause: error });
    }
    if (config.logsErrors || reporter === null) {
      logger.error(`Cannot write ${where}, which is skipped: ${error.message}`);
    }
    if (reporter !== null) this.#reports.push(reporter.report(record, error));
  }

  /** A client connects by itself, but not before its first bulk write is made. */
  async #connected(): Promise<void> {
    try {
      await this.#started().connect();
    } catch (error) {
      throw toConnectError(error, "Cannot connect to MongoDB");
    }
  }

  #started(): MongoClient {
    if (this.#client === undefined) throw new ConnectError("The task is not started");
    return this.#client;
  }
}
