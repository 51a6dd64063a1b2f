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
import {
  createSlot,
  createTemporarySlot,
  dropSlot,
  lossOf,
  type NewSlot,
  type Slot,
  startLsn,
} from "./slot.ts";
import { snapshotOrder } from "./snapshot/order.ts";
import { Snapshot } from "./snapshot/snapshot.ts";
import { currentMoment, type SnapshotMoment } from "./snapshot/transaction.ts";
import { chartCourse, type Course, prepare, type Prepared } from "./start-up.ts";
import { type Rest, Streaming } from "./stream/streaming.ts";
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
  /** What is left of a snapshot before a restart; the stream comes first. */
  readonly rest: Rest | undefined;
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

  /** A snapshot that does not note how far it has come begins anew: then only its end is a place to go on from. */
  #gaveOut(rows: SourceRecord[]): SourceRecord[] {
    const offset = rows.at(-1)?.sourceOffset;
    if (offset) {
      const read = readOffset(offset);
      if (!read.isInSnapshot || read.progress !== null) {
        this.#offset = read;
        this.#stored = offset;
      }
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
      rest: run.rest,
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
    if (course.snapshots) await pause(config["snapshot.delay.ms"], signal);
    const rest = await this.#rest(prepared, course, offset);
    const begins = course.snapshots && rest === undefined;
    this.#offset = begins ? undefined : (offset ?? NO_OFFSET);

    let replication: Connection | undefined;
    try {
      replication = course.streams
        ? await connect(config, signal, { replication: true })
        : undefined;
      const fresh =
        replication !== undefined && slot === undefined
          ? await createSlot(replication, config, prepared.version, begins)
          : undefined;
      if (fresh !== undefined) logger.info(`Created replication slot ${config["slot.name"]}`);
      this.#hasStarted = true;
      const { streams } = course;
      const snapshot = begins
        ? await this.#snapshot(prepared, connection, fresh, streams)
        : undefined;
      return { prepared, replication, snapshot, rest, streams, streaming: undefined, slot };
    } catch (error) {
      await rest?.snapshot.close();
      await replication?.close(true);
      throw error;
    }
  }

  async #snapshot(
    prepared: Prepared,
    connection: Connection,
    fresh: NewSlot | undefined,
    streams: boolean,
  ): Promise<Snapshot> {
    const { config } = this.#parts!;
    const now = await currentMoment(connection);
    const moment: SnapshotMoment = { ...now, lsn: fresh?.consistentLsn ?? now.lsn };
    return new Snapshot({
      ...this.#snapshotBasics(prepared),
      moment,
      exported: fresh?.snapshot ?? null,
      // What changes between two parts of it has to be streamed.
      isResumable: streams && config["snapshot.resumable"],
      offset: (isLast, progress) => writeSnapshotOffset(moment, isLast, progress),
    });
  }

  #snapshotBasics({ tables }: Prepared) {
    const { config, props, rules, writer } = this.#parts!;
    return {
      config,
      props,
      rules,
      writer,
      logger: this.context.logger,
      tables: snapshotOrder(tables, config),
      connect: (signal: AbortSignal) => connectReader(config, signal),
    };
  }

  /**
   * What is left of a snapshot that was interrupted. Its sessions see the tables as they are at
   * an exact position in the log, up to which the stream is read before their rows: no change
   * is missed, and none comes after a row that has it already.
   */
  async #rest(
    prepared: Prepared,
    course: Course,
    offset: CdcOffset | null,
  ): Promise<Rest | undefined> {
    const { config } = this.#parts!;
    const before = config["snapshot.resumable"] ? (offset?.progress ?? null) : null;
    const mayGoOn = course.snapshots && course.streams && before !== null;
    const { slot, version } = prepared;
    if (!mayGoOn || lossOf(slot, config) !== undefined) return undefined;
    const { logger } = this.context;
    const signal = this.#stopped.signal;
    // The snapshot outlives this connection once other sessions have taken it.
    const replication = await connect(config, signal, { replication: true });
    try {
      const made = await createTemporarySlot(replication, config, version);
      if (made === undefined) {
        logger.warn(
          "The interrupted snapshot begins anew: to go on with it, the server needs room for a temporary replication slot. Raise max_replication_slots",
        );
        return undefined;
      }
      const until = made.consistentLsn;
      const now = await currentMoment(await this.#database!.get());
      const snapshot = new Snapshot({
        ...this.#snapshotBasics(prepared),
        moment: { ...now, lsn: until },
        exported: made.snapshot,
        isResumable: true,
        before,
        offset: (isLast, progress) => this.#run!.streaming!.restOffset(isLast, progress),
      });
      try {
        await snapshot.begin();
      } catch (error) {
        await snapshot.close();
        throw error;
      }
      logger.info("The interrupted snapshot goes on, once the changes up to here are streamed");
      return { snapshot, until };
    } finally {
      await replication.close();
    }
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
    await run?.rest?.snapshot.close();
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
