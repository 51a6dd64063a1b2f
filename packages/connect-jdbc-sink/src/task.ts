import {
  ConnectError,
  type Props,
  type SinkRecord,
  SinkTask,
  type TopicPartition,
} from "@millrace/connect-api";
import { parseTable, Sessions, writingOf } from "@millrace/jdbc-dialects";
import { parseSinkConfig } from "./config.ts";
import { RulesByTopic } from "./record/topic-rules.ts";
import { connectionSettings, dialectOf, quotingOf, temporalOptions } from "./settings.ts";
import { Delivery } from "./write/delivery.ts";
import { OffsetsTable } from "./write/offsets-table.ts";
import { PutWriter } from "./write/put-writer.ts";
import { Statements } from "./write/statements.ts";
import { Tables } from "./write/tables.ts";

/** Everything that `start` makes. */
interface Running {
  readonly sessions: Sessions;
  readonly delivery: Delivery;
}

/** Writes each put into its tables in one transaction (Java: `JdbcSinkTask`). */
export class JdbcSinkTask extends SinkTask {
  #running: Running | undefined;

  /** The database is not asked before there is something for it. */
  start(props: Props): void {
    const { logger } = this.context;
    const config = parseSinkConfig(props);
    const dialect = dialectOf(config);
    const writing = writingOf(dialect);
    const quoting = quotingOf(config);
    const temporal = temporalOptions(config);
    const sessions = new Sessions({
      dialect,
      settings: connectionSettings(config, props),
      attempts: config["connection.attempts"],
      backoffMs: config["connection.backoff.ms"],
      logger,
    });
    const tables = new Tables({
      writing,
      quoting,
      temporal,
      types: config["table.types"].map((type) => type.toUpperCase()),
      maxRetries: config["max.retries"],
      logger,
    });
    const holdLock = config["mssql.use.merge.holdlock"];
    const statements = new Statements(writing, { quoting, temporal, holdLock });
    const rules = new RulesByTopic(props, dialect.identifiers);
    const writer = new PutWriter({ writing, rules, tables, statements });
    const offsetsTable = config["offsets.table"];
    const offsets =
      offsetsTable === ""
        ? undefined
        : new OffsetsTable({
            dialect,
            writing,
            quoting,
            table: parseTable({ ...dialect.identifiers, defaults: {} }, offsetsTable),
            connector: props["name"] ?? "",
            rewind: (to) => this.context.offset(to),
          });
    const delivery = new Delivery({
      config,
      context: this.context,
      sessions,
      writer,
      tables,
      offsets,
    });
    this.#running = { sessions, delivery };
  }

  /** With `offsets.table`, reads on from what is stored there. */
  override async open(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#started().delivery.open(partitions, new AbortController().signal);
  }

  /**
   * All of it is committed when this returns, or reported as impossible to write.
   * @throws {RetriableError} when it may be written later
   * @throws {ConnectError} when it cannot be
   */
  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    if (records.length > 0) await this.#started().delivery.deliver(records, signal);
  }

  override close(partitions: readonly TopicPartition[]): void {
    this.#started().delivery.close(partitions);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.sessions.drop();
  }

  #started(): Running {
    if (this.#running === undefined) throw new ConnectError("The task is not started");
    return this.#running;
  }
}
