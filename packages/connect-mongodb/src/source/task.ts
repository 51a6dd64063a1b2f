import {
  ConnectError,
  type Props,
  type SourcePartition,
  type SourceRecord,
  SourceTask,
} from "@millrace/connect-api";
import type { MongoClient } from "mongodb";
import type { Document } from "../bson/document.ts";
import { makeClient } from "../connection/client.ts";
import { refuseUnsupported } from "../unsupported-keys.ts";
import { type Config, readConfig } from "./config.ts";
import { Copier } from "./copier.ts";
import { EventRecords } from "./event-records.ts";
import { EventStream, HistoryLostError } from "./event-stream.ts";
import { Heartbeat } from "./heartbeat.ts";
import { namespacesToCopy } from "./namespaces.ts";
import {
  type CopyProgress,
  copyOffset,
  partitionOf,
  type Position,
  readOffset,
  streamOffset,
} from "./offset.ts";
import { parseOperationTime } from "./operation-time.ts";
import { whenAborted } from "./wake.ts";

interface Running {
  readonly config: Config;
  readonly client: MongoClient;
  readonly partition: SourcePartition;
  readonly records: EventRecords;
  readonly heartbeat: Heartbeat;
}

/** Copies documents and follows the change stream (Java: `MongoSourceTask`). */
export class MongoSourceTask extends SourceTask {
  #running: Running | undefined;
  #stream: EventStream | undefined;
  #copier: Copier | undefined;
  /** What a poll did not wait for: the next one takes it. */
  #pending: Promise<SourceRecord[]> | undefined;

  /** @throws {ConfigError} when the configuration is not valid */
  start(props: Props): void {
    refuseUnsupported(props, this.context.logger);
    const config = readConfig(props);
    const partition = partitionOf(config);
    this.#running = {
      config,
      client: makeClient(config),
      partition,
      records: new EventRecords(config, partition, this.context.logger),
      heartbeat: new Heartbeat(config["heartbeat.interval.ms"]),
    };
  }

  /**
   * @throws {RetriableError} when the deployment does not answer now
   * @throws {ConnectError} when the stream cannot go on without a gap
   */
  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    if (signal.aborted) return null;
    // The driver cannot be interrupted, so what it is at is waited for by the next poll.
    const pending = (this.#pending ??= this.#records(this.#started()));
    const aborted = whenAborted(signal);
    try {
      const records = await Promise.race([pending, aborted.promise]);
      if (records === undefined) {
        pending.catch(() => undefined); // the next poll looks at it
        return null;
      }
      this.#pending = undefined;
      return records.length > 0 ? records : null;
    } catch (error) {
      this.#pending = undefined;
      throw error;
    } finally {
      aborted.dispose();
    }
  }

  async stop(): Promise<void> {
    await this.#copier?.close();
    await this.#stream?.close();
    await this.#running?.client.close(true);
    // What comes of it is read again.
    await this.#pending?.catch(() => undefined);
  }

  async #records(running: Running): Promise<SourceRecord[]> {
    try {
      this.#stream ??= await this.#begin(running);
      return this.#copier === undefined
        ? await this.#follow(running, this.#stream)
        : await this.#copy(running, this.#copier);
    } catch (error) {
      if (!(error instanceof HistoryLostError)) throw error;
      await this.#startOver(running, error);
      return [];
    }
  }

  #started(): Running {
    if (this.#running === undefined) throw new ConnectError("The task is not started");
    return this.#running;
  }

  /** Opens the stream where the offset says; a copy is read after the stream is open, that nothing is missed. */
  async #begin({ config, client, partition }: Running): Promise<EventStream> {
    const { logger, offsetStorageReader } = this.context;
    const resume = readOffset(await offsetStorageReader.offset(partition));
    if (resume?.kind === "stream") {
      logger.info("Going on where the offset says");
      return this.#openStream(client, config, resume.position);
    }
    const progress = resume?.progress;
    if (config.startupMode !== "copy_existing") {
      return this.#openStream(client, config, progress?.stream ?? startPosition(config));
    }
    const stream = await this.#openStream(client, config, progress?.stream ?? {});
    try {
      await this.#beginCopy(
        client,
        config,
        progress ?? { stream: stream.position, done: [], at: {} },
      );
      return stream;
    } catch (error) {
      await stream.close(); // the next poll begins anew
      throw error;
    }
  }

  async #openStream(client: MongoClient, config: Config, position: Position): Promise<EventStream> {
    const stream = new EventStream(client, config, position, this.context.logger);
    await stream.open();
    return stream;
  }

  async #beginCopy(client: MongoClient, config: Config, progress: CopyProgress): Promise<void> {
    const namespaces = await namespacesToCopy(client, config);
    this.context.logger.info(
      `Copying ${namespaces.length} collections, ${progress.done.length} of which are copied`,
    );
    this.#copier = new Copier(client, config, namespaces, progress);
  }

  async #copy({ config, records }: Running, copier: Copier): Promise<SourceRecord[]> {
    const { events, progress, isLast } = await copier.next(config["poll.max.batch.size"]);
    if (isLast) {
      await copier.close();
      this.#copier = undefined;
      this.context.logger.info("All is copied");
    }
    // Only the last says how far the copy is: the others would say that it has only begun.
    const made: SourceRecord[] = [];
    for (const [i, event] of events.entries()) {
      const offset = i < events.length - 1 ? null : endOfBatch(event, progress, isLast);
      const record = records.make(event, offset);
      if (record !== undefined) made.push(record);
    }
    return made;
  }

  async #follow(
    { config, records, heartbeat }: Running,
    stream: EventStream,
  ): Promise<SourceRecord[]> {
    const events = await stream.next(config["poll.max.batch.size"]);
    const made: SourceRecord[] = [];
    for (const event of events) {
      const record = records.make(event, streamOffset(event["_id"] as Document));
      if (record !== undefined) made.push(record);
    }
    const due = made.length > 0 ? undefined : heartbeat.due(stream.resumeToken);
    if (due !== undefined) made.push(records.heartbeat(due));
    return made;
  }

  /** Goes on behind a gap, if the configuration says how; never by itself. */
  async #startOver({ config, client }: Running, error: HistoryLostError): Promise<void> {
    const choice = config["change.stream.history.lost"];
    if (choice === "fail") throw error;
    this.context.logger.error(
      `${error.message}. Going on because of change.stream.history.lost=${choice}`,
    );
    await this.#copier?.close();
    await this.#stream?.close();
    this.#copier = undefined;
    this.#stream = await this.#openStream(client, config, {});
    if (choice === "copy_existing") {
      await this.#beginCopy(client, config, { stream: this.#stream.position, done: [], at: {} });
    }
  }
}

/** Behind the last document of all, the offset is the stream's, as in Java; if the server has said where it is. */
function endOfBatch(event: Document, progress: CopyProgress, isLast: boolean) {
  const { startAfter: token } = progress.stream;
  if (isLast && token !== undefined) return streamOffset(token);
  return copyOffset(event["_id"] as Document, progress);
}

function startPosition(config: Config): Position {
  if (config.startupMode !== "timestamp") return {};
  const time = parseOperationTime(config["startup.mode.timestamp.start.at.operation.time"]);
  return time === undefined ? {} : { startAtOperationTime: time };
}
