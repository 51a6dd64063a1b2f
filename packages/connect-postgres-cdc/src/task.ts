import {
  ConnectError,
  isRetriable,
  type Props,
  RetriableError,
  type SourceOffset,
  type SourcePartition,
  type SourceRecord,
  SourceTask,
} from "@millrace/connect-api";
import { CapturedTables } from "./captured-tables.ts";
import { connect, type Connection } from "./client.ts";
import type { Config } from "./config.ts";
import { parseCdcConfig } from "./definitions/parse.ts";
import { connectReader, Database } from "./database.ts";
import { EventWriter } from "./event/event-writer.ts";
import { PlanRules } from "./event/plan-rules.ts";
import { newRunId } from "./event/run-id.ts";
import { Heartbeat } from "./heartbeat.ts";
import { tellIgnored } from "./ignored-keys.ts";
import { type CdcOffset, NO_OFFSET, readOffset, writeSnapshotOffset } from "./offset.ts";
import { NamePatterns } from "./patterns.ts";
import type { SnapshotRequest } from "./signal/signals.ts";
import { plainName } from "./catalog/table-id.ts";
import { pause, unlessAborted } from "./pause.ts";
import { createSlot, dropSlot, type NewSlot, type Slot, startLsn } from "./slot.ts";
import { snapshotOrder } from "./snapshot/order.ts";
import { Snapshot } from "./snapshot/snapshot.ts";
import { currentMoment, type SnapshotMoment } from "./snapshot/transaction.ts";
import { chartCourse, prepare, type Prepared } from "./start-up.ts";
import { Streaming } from "./stream/streaming.ts";
import { VERSION } from "./version.ts";

const FIRST_RETRY_MS = 100;
const IDLE_MS = 60_000;

/** What a task is made of once its configuration is understood. */
interface Parts {
  readonly config: Config;
  readonly props: Props;
  readonly rules: PlanRules;
  readonly captured: CapturedTables;
  readonly writer: EventWriter;
  readonly heartbeat: Heartbeat;
  readonly partition: SourcePartition;
}

/** What is going on: a snapshot, then streaming. */
interface Run {
  readonly prepared: Prepared;
  readonly replication: Connection | undefined;
  snapshot: Snapshot | undefined;
  readonly streams: boolean;
  streaming: Streaming | undefined;
  readonly slot: Slot | undefined;
}

/** Captures the changes of a database (Debezium: `PostgresConnectorTask`). */
export class PostgresTask extends SourceTask {
  readonly #stopped = new AbortController();
  #parts: Parts | undefined;
  #database: Database | undefined;
  /** Goes on where a poll does not wait for it. */
  #opening: Promise<Run> | undefined;
  #run: Run | undefined;
  /** Where to go on in this task's life; undefined until something was given out. */
  #offset: CdcOffset | undefined;
  /** The same as it is stored, with what an incremental snapshot adds. */
  #stored: SourceOffset | null = null;
  #hasStarted = false;
  #failures = 0;
  #retryAt = 0;

  start(props: Props): void {
    const config = parseCdcConfig(props);
    const { logger } = this.context;
    tellIgnored(props, config, logger);
    const partition = { server: config["topic.prefix"] };
    const taskId = props["task.id"] ?? "0";
    this.#parts = {
      config,
      props,
      rules: new PlanRules(config, props),
      captured: new CapturedTables(config),
      writer: new EventWriter({ config, version: VERSION, taskId, runId: newRunId(), partition }),
      heartbeat: new Heartbeat(config, logger),
      partition,
    };
    this.#database = new Database(config, this.#stopped.signal);
  }

  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    await pause(this.#retryAt - Date.now(), signal);
    if (signal.aborted) return null;
    try {
      this.#opening ??= this.#open(this.#stopped.signal);
      const opened = await unlessAborted(this.#opening, signal);
      if (opened === undefined) return null;
      this.#run = opened.value;
      const records = await this.#next(this.#run, signal);
      if (records !== null && records.length > 0) this.#failures = 0;
      return records;
    } catch (error) {
      await this.#close();
      throw this.#failed(error);
    }
  }

  override async commit(): Promise<void> {
    const { partition } = this.#parts!;
    const streaming = this.#run?.streaming;
    if (streaming === undefined) return;
    // What is stored is durable (I1), however many records are still on their way.
    const stored = await this.context.offsetStorageReader.offset(partition);
    streaming.committed(stored === null ? NO_OFFSET : readOffset(stored));
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#close();
    const config = this.#parts?.config;
    if (config?.["slot.drop.on.stop"] === true) await this.#dropSlot(config);
    await this.#database?.close();
  }

  async #next(run: Run, signal: AbortSignal): Promise<SourceRecord[] | null> {
    if (run.snapshot !== undefined) {
      const rows = await run.snapshot.next(signal);
      if (rows !== null) return this.#gaveOut(rows);
      await this.#endSnapshot(run, signal);
    }
    if (!run.streams) {
      await pause(IDLE_MS, signal);
      return null;
    }
    run.streaming ??= this.#stream(run);
    const events = await run.streaming.next(signal);
    this.#offset = run.streaming.offset;
    this.#stored = events.at(-1)?.sourceOffset ?? this.#stored;
    return events;
  }

  /** A snapshot that is interrupted begins anew, so only its end is a place to go on from. */
  #gaveOut(rows: SourceRecord[]): SourceRecord[] {
    const offset = rows.at(-1)?.sourceOffset;
    if (offset) {
      const read = readOffset(offset);
      if (!read.isInSnapshot) this.#offset = read;
    }
    return rows;
  }

  async #endSnapshot(run: Run, signal: AbortSignal): Promise<void> {
    await run.snapshot?.close();
    run.snapshot = undefined;
    this.#offset ??= NO_OFFSET;
    await pause(this.#parts!.config["streaming.delay.ms"], signal);
  }

  #stream(run: Run): Streaming {
    const { config, rules, captured, writer, heartbeat } = this.#parts!;
    const offset = this.#offset ?? NO_OFFSET;
    const { logger } = this.context;
    return new Streaming({
      config,
      rules,
      tables: captured,
      writer,
      database: this.#database!,
      heartbeat,
      logger,
      version: run.prepared.version,
      replication: run.replication!,
      offset,
      stored: this.#stored,
      metrics: this.context.pluginMetrics,
      blockingSnapshot: (request) => this.#blockingSnapshot(run, request),
      startLsn: run.slot === undefined ? 0 : startLsn(run.slot, offset, config, logger),
    });
  }

  async #open(signal: AbortSignal): Promise<Run> {
    const { config, captured, partition } = this.#parts!;
    const { logger } = this.context;
    const connection = await this.#database!.get();
    let prepared = await prepare(connection, config, captured, logger);
    const stored = await this.context.offsetStorageReader.offset(partition);
    const offset = this.#offset ?? (stored === null ? null : readOffset(stored));
    if (this.#offset === undefined) this.#stored = stored;
    let { slot } = prepared;
    const course = chartCourse(config, offset, slot, this.#hasStarted);
    if (course.renewsSlot) {
      logger.warn(
        `Slot ${config["slot.name"]} has lost changes: it is made anew, and a snapshot is taken`,
      );
      await dropSlot(connection, config["slot.name"]);
      slot = undefined;
    }
    prepared = { ...prepared, slot };
    if (!course.snapshots) this.#offset = offset ?? NO_OFFSET;
    else await pause(config["snapshot.delay.ms"], signal);

    const replication = course.streams
      ? await connect(config, signal, { replication: true })
      : undefined;
    try {
      const fresh =
        replication !== undefined && slot === undefined
          ? await createSlot(replication, config, prepared.version, course.snapshots)
          : undefined;
      if (fresh !== undefined) logger.info(`Created replication slot ${config["slot.name"]}`);
      this.#hasStarted = true;
      const snapshot = course.snapshots
        ? await this.#snapshot(prepared, connection, fresh)
        : undefined;
      const { streams } = course;
      return { prepared, replication, snapshot, streams, streaming: undefined, slot };
    } catch (error) {
      await replication?.close(true);
      throw error;
    }
  }

  async #snapshot(
    prepared: Prepared,
    connection: Connection,
    fresh: NewSlot | undefined,
  ): Promise<Snapshot> {
    const { config, props, rules, writer } = this.#parts!;
    const now = await currentMoment(connection);
    const moment: SnapshotMoment = { ...now, lsn: fresh?.consistentLsn ?? now.lsn };
    return new Snapshot({
      config,
      props,
      rules,
      writer,
      logger: this.context.logger,
      tables: snapshotOrder(prepared.tables, config),
      moment,
      exported: fresh?.snapshot ?? null,
      connect: (signal) => connectReader(config, signal),
      offset: (isLast) => writeSnapshotOffset(moment, isLast),
    });
  }

  /** A snapshot of some tables, as a signal asks for it; the connector's offset stays the stream's. */
  async #blockingSnapshot(run: Run, request: SnapshotRequest): Promise<Snapshot> {
    const { config, props, rules, writer } = this.#parts!;
    const { logger } = this.context;
    const patterns = request.tables.map((text) => new NamePatterns(text.replaceAll(",", "\\,")));
    const tables = run.prepared.tables.filter((table) =>
      patterns.some((pattern) => pattern.matches(plainName(table))),
    );
    if (tables.length === 0) {
      logger.warn(
        `Signal ${request.correlationId}: none of the captured tables is meant by ${request.tables.join(", ")}`,
      );
    }
    return new Snapshot({
      config,
      props,
      rules,
      writer,
      logger,
      tables,
      moment: await currentMoment(await this.#database!.get()),
      exported: null,
      connect: (signal) => connectReader(config, signal),
      conditions: new Map(request.conditions.map(({ table, filter }) => [table, filter])),
      offset: () => null,
    });
  }

  async #close(): Promise<void> {
    const run = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#run = undefined;
    // What was read and not given out is read again.
    this.#parts?.writer.take(null);
    await run?.snapshot?.close();
    await run?.streaming?.close();
    if (run?.streaming === undefined) await run?.replication?.close(true);
    await this.#database?.close(true);
  }

  async #dropSlot(config: Config): Promise<void> {
    const slot = config["slot.name"];
    const connection = await connect(config, new AbortController().signal);
    try {
      await dropSlot(connection, slot);
      this.context.logger.info(`Dropped replication slot ${slot}`);
    } finally {
      await connection.close();
    }
  }

  #failed(error: unknown): unknown {
    if (!isRetriable(error)) return error;
    this.#retryAt = Date.now() + this.#retryDelayMs();
    this.#failures += 1;
    const limit = this.#parts!.config["errors.max.retries"];
    if (limit < 0 || this.#failures <= limit) {
      this.context.logger.warn(
        "The connection to PostgreSQL was lost or refused; it is tried again",
        {
          error,
        },
      );
      return error;
    }
    const message = (error as RetriableError).message;
    return new ConnectError(`${message}. Given up after ${limit} retries (errors.max.retries)`, {
      cause: error,
    });
  }

  #retryDelayMs(): number {
    const longest = this.#parts!.config["retriable.restart.connector.wait.ms"];
    return Math.min(FIRST_RETRY_MS * 2 ** this.#failures, longest);
  }
}
