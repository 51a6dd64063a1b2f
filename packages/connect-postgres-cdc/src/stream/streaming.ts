import type { Logger, PluginMetrics, SourceOffset, SourceRecord } from "@millrace/connect-api";
import type { CapturedTables } from "../captured-tables.ts";
import { type Connection, connect } from "../client.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database.ts";
import type { EventWriter } from "../event/event-writer.ts";
import type { PlanRules } from "../event/plan-rules.ts";
import type { Heartbeat } from "../heartbeat.ts";
import { type CdcOffset, sameOffset, writeOffset, writeSnapshotState } from "../offset.ts";
import { pause, unlessAborted } from "../pause.ts";
import { IncrementalSnapshot } from "../signal/incremental-snapshot.ts";
import { SignalReader } from "../signal/signal-reader.ts";
import type { SnapshotRequest } from "../signal/signals.ts";
import type { SnapshotProgress } from "../snapshot/progress.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { WalGuard } from "../wal-guard.ts";
import { ChangeReader, type Question } from "./change-reader.ts";
import { Relations } from "./relations.ts";
import { ReplicationStream } from "./replication-stream.ts";
import { isSlotActive, slotInUse } from "./slot-in-use.ts";

/** Longest wait when there is nothing to do; what arrives ends it. */
const IDLE_MS = 60_000;
const FIRST_RETRY_MS = 50;
/** Between two questions how far the server has read, while a snapshot waits for it. */
const ASK_MS = 100;
const MESSAGES_SINCE = 140_000;

/** What is left of a snapshot that was interrupted. */
export interface Rest {
  /** Begun: its sessions see the tables as they are at one position. */
  readonly snapshot: Snapshot;
  /** That position: what was committed before it is seen, what comes later is not. */
  readonly until: number;
}

export interface StreamingOptions {
  readonly config: Config;
  readonly rules: PlanRules;
  readonly tables: CapturedTables;
  readonly writer: EventWriter;
  readonly database: Database;
  readonly heartbeat: Heartbeat;
  readonly logger: Logger;
  /** `server_version_num` */
  readonly version: number;
  /** The replication connection, idle. */
  readonly replication: Connection;
  readonly offset: CdcOffset;
  readonly startLsn: number;
  /** What is stored of it, for an incremental snapshot that goes on. */
  readonly stored: SourceOffset | null;
  readonly metrics: PluginMetrics | undefined;
  /** Read once the stream has come to where it was taken. */
  readonly rest: Rest | undefined;
  /** Reads tables anew while the stream waits. */
  readonly blockingSnapshot: (request: SnapshotRequest) => Promise<Snapshot>;
}

/** Reads the changes as they are committed. */
export class Streaming {
  readonly #options: StreamingOptions;
  readonly #relations: Relations;
  readonly #reader: ChangeReader;
  readonly #incremental: IncrementalSnapshot;
  readonly #signals: SignalReader;
  readonly #guard: WalGuard;
  #blocking: Snapshot | undefined;
  /** Until its rows have been given out. */
  #rest: Rest | undefined;
  #isRestDue = false;
  readonly #closed = new AbortController();
  #starting: Promise<ReplicationStream> | undefined;
  #stream: ReplicationStream | undefined;
  /** What was given out last, and up to where the log is not needed once that is durable. */
  #given: { offset: CdcOffset; safeLsn: number };
  /** What goes wrong after events that were read before it, which are given out first (I4). */
  #failure: { readonly error: unknown } | undefined;

  constructor(options: StreamingOptions) {
    const { config, rules, tables, writer, database, logger, offset, stored } = options;
    this.#options = options;
    const connection = database.get;
    this.#relations = new Relations({ rules, tables, connection, logger });
    const relations = this.#relations;
    const common = { config, rules, tables, writer, connection, logger };
    this.#incremental = new IncrementalSnapshot({ ...common, stored });
    this.#signals = new SignalReader(this.#incremental, logger);
    const { metrics, version } = options;
    this.#guard = new WalGuard({ config, connection, logger, metrics, version });
    const observer = config["signal.data.collection"] === null ? undefined : this.#signals;
    this.#rest = options.rest;
    const until = options.rest?.until;
    this.#reader = new ChangeReader({ config, writer, relations, offset, logger, observer, until });
    this.#given = { offset, safeLsn: 0 };
  }

  /** Where to go on when the connection is lost: behind what was given out. */
  get offset(): CdcOffset {
    return this.#given.offset;
  }

  /**
   * The next events, as soon as there are some; an empty array when the signal aborts.
   * @throws {RetriableError} when the connection is lost; {ConnectError} when it cannot go on
   */
  async next(signal: AbortSignal): Promise<SourceRecord[]> {
    const { writer, config, heartbeat, database } = this.#options;
    const stream = await this.#started(signal);
    if (stream === undefined) return [];
    for (;;) {
      await this.#takeRequest();
      const rows = await this.#blockingRows(signal);
      if (rows !== null) return rows;
      this.#guard.check();
      this.#incremental.advance();
      writer.begin();
      const question = this.#read(stream, config["max.batch.size"]);
      if (question !== null) {
        await this.#answer(question);
        continue;
      }
      if (heartbeat.take()) {
        writer.heartbeat();
        await heartbeat.act(database.get);
      }
      if (writer.count > 0) {
        const offset = this.#offset;
        this.#given = { offset, safeLsn: this.#reader.safeLsn };
        return writer.take(this.#sourceOffset(offset));
      }
      // Nothing of what came is given out, so nothing of it has to become durable either.
      this.#given = { offset: this.#given.offset, safeLsn: this.#reader.safeLsn };
      if (signal.aborted) return [];
      stream.check();
      if (this.#rest !== undefined) stream.askForPosition();
      const longest = this.#rest === undefined ? IDLE_MS : ASK_MS;
      await stream.wait(signal, Math.min(longest, heartbeat.dueInMs, this.#incremental.dueInMs));
    }
  }

  /** @param durable the offset that is stored (I1: only what is before it is let go) */
  committed(durable: CdcOffset): void {
    if (this.#options.config["lsn.flush.mode"] === "manual") return;
    const { offset, safeLsn } = this.#given;
    const isIdle =
      sameOffset(durable, offset) &&
      this.#options.config["offset.mismatch.strategy"] !== "trust_offset";
    this.#stream?.flush(isIdle ? safeLsn : (durable.lastCommitLsn ?? 0));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#blocking?.close();
    await this.#rest?.snapshot.close();
    const stream = await this.#starting?.catch(() => undefined);
    await stream?.close();
    await this.#options.replication.close(true);
    await this.#options.database.close(true);
    await this.#guard.close();
    await this.#incremental.close();
  }

  /** Of a row of what is left of a snapshot: the stream's, and how far that has come. */
  restOffset(isLast: boolean, progress: SnapshotProgress | null): SourceOffset {
    const offset = { ...this.#reader.offset, isInSnapshot: !isLast, progress };
    this.#given = { offset, safeLsn: this.#reader.safeLsn };
    return { ...this.#sourceOffset(offset), ...writeSnapshotState(isLast, progress) };
  }

  /** Behind what was read; a snapshot that is not finished is told too. */
  get #offset(): CdcOffset {
    const { offset } = this.#reader;
    const rest = this.#rest?.snapshot;
    return rest === undefined ? offset : { ...offset, isInSnapshot: true, progress: rest.progress };
  }

  #sourceOffset(offset: CdcOffset): SourceOffset {
    const written = writeOffset(offset);
    return this.#incremental.isActive ? { ...written, ...this.#incremental.progress } : written;
  }

  /** Begins a snapshot that a signal has asked for, or what is left of an interrupted one. */
  async #takeRequest(): Promise<void> {
    if (this.#isRestDue && this.#blocking === undefined) {
      this.#isRestDue = false;
      this.#blocking = this.#rest?.snapshot;
    }
    const request = this.#blocking === undefined ? this.#signals.take() : undefined;
    if (request === undefined) return;
    if (request.kind === "incremental") await this.#incremental.request(request);
    else this.#blocking = await this.#options.blockingSnapshot(request);
  }

  /** Rows of a blocking snapshot; null where there is none. The stream's offset stays where it is. */
  async #blockingRows(signal: AbortSignal): Promise<SourceRecord[] | null> {
    const blocking = this.#blocking;
    if (blocking === undefined) return null;
    const { position } = this.#options.writer;
    const { lastCommitLsn, time } = position;
    const rows = await blocking.next(signal);
    Object.assign(position, { lastCommitLsn, time });
    if (rows !== null) return rows;
    this.#blocking = undefined;
    if (blocking === this.#rest?.snapshot) {
      this.#rest = undefined;
      this.#given = { offset: this.#reader.offset, safeLsn: this.#reader.safeLsn };
    }
    await blocking.close();
    return null;
  }

  #read(stream: ReplicationStream, maxEvents: number): Question | null {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return this.#reader.read(stream, maxEvents);
    } catch (error) {
      if (this.#options.writer.count === 0) throw error;
      this.#failure = { error };
      return null;
    }
  }

  async #answer(question: Question): Promise<void> {
    if (question === "until") {
      this.#reader.goOn();
      this.#isRestDue = true;
    } else if (question === "types") await this.#relations.reloadTypes();
    else await this.#relations.load(question.relation);
  }

  /** The stream, which goes on being started where a poll does not wait for it. */
  async #started(signal: AbortSignal): Promise<ReplicationStream | undefined> {
    if (this.#stream !== undefined) return this.#stream;
    this.#starting ??= this.#start(this.#closed.signal);
    this.#stream = (await unlessAborted(this.#starting, signal))?.value;
    return this.#stream;
  }

  /** A slot that the last task has not let go yet becomes free within moments. */
  async #start(signal: AbortSignal): Promise<ReplicationStream> {
    const { config, logger, startLsn } = this.#options;
    const slot = config["slot.name"];
    const longest = config["slot.retry.delay.ms"];
    // Quick attempts first, then as many slow ones as are asked for.
    const quick = Math.max(0, Math.ceil(Math.log2(longest / FIRST_RETRY_MS)));
    let { replication } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const stream = new ReplicationStream({
        connection: replication,
        slot,
        lsn: startLsn,
        parameters: this.#parameters(),
        statusIntervalMs: config["status.update.interval.ms"],
      });
      try {
        await stream.started(signal);
        logger.info(`Streaming from slot ${slot}`);
        return stream;
      } catch (error) {
        await stream.close();
        if (!isSlotActive(error) || signal.aborted) throw error;
        if (attempt >= quick + config["slot.max.retries"]) throw slotInUse(slot, error);
        if (attempt === quick) logger.warn(slotInUse(slot, error).message);
        await pause(Math.min(FIRST_RETRY_MS * 2 ** attempt, longest), signal);
        replication = await connect(config, signal, { replication: true });
      }
    }
  }

  #parameters(): [string, string][] {
    const { config, version } = this.#options;
    const more = config["slot.stream.params"].split(";").flatMap((item): [string, string][] => {
      const [name = "", value = ""] = item.split("=");
      return name.trim() === "" ? [] : [[name.trim(), value.trim()]];
    });
    return [
      ["proto_version", "1"],
      ["publication_names", `"${config["publication.name"].replaceAll('"', '""')}"`],
      ...(version >= MESSAGES_SINCE ? ([["messages", "true"]] as [string, string][]) : []),
      ...more,
    ];
  }
}
