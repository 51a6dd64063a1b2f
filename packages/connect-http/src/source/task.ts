import { ConnectError, type Props, type SourceRecord, SourceTask } from "@millrace/connect-api";
import { connect } from "../connect.ts";
import type { HttpClient } from "../http/client.ts";
import { pause } from "../http/pause.ts";
import { ignoredKeys } from "../other-keys.ts";
import { CONFLUENT_SOURCE } from "./confluent-config.ts";
import { MILLRACE_SOURCE } from "./config.ts";
import { type SourceDialect, sourceSettingsOf } from "./dialect.ts";
import { EntityReader } from "./entity-reader.ts";
import { Pace } from "./pace.ts";
import { fromOffset, START } from "./position.ts";

/** Names the API within a source partition: one connector reads one. */
const API = "1";

/** Asks for pages, of one entity after the other, whichever is due first. */
abstract class HttpSourceTask extends SourceTask {
  abstract readonly dialect: SourceDialect;
  #client: HttpClient | undefined;
  #readers: readonly EntityReader[] = [];

  /**
   * @throws {ConfigError} when the configuration is not valid
   * @throws {ConnectError} when a stored offset is not one of this connector
   */
  async start(props: Props): Promise<void> {
    const { logger, offsetStorageReader } = this.context;
    const settings = sourceSettingsOf(this.dialect, props);
    for (const warning of ignoredKeys(this.dialect.otherKeys, props)) logger.warn(warning);
    const partitions = settings.entities.map((entity) => ({ api: API, entity }));
    const offsets = await offsetStorageReader.offsets(partitions);
    const positions = offsets.map((offset) => (offset === null ? START : fromOffset(offset)));
    const { client, authorization } = await connect(settings);
    this.#client = client;
    const pace = new Pace(settings.requestsPerSecond);
    this.#readers = partitions.map((partition, i) => {
      const position = positions[i] ?? START;
      const { entity } = partition;
      return new EntityReader({
        settings,
        entity,
        position,
        partition,
        client,
        authorization,
        pace,
        logger,
      });
    });
  }

  /** @throws {ConnectError} when the server can't be read */
  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    try {
      while (!signal.aborted) {
        const reader = this.#first();
        await pause(reader.dueAt - Date.now(), signal);
        const records = await reader.next(signal);
        if (records.length > 0) return records;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return null;
  }

  async stop(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  #first(): EntityReader {
    const [first, ...others] = this.#readers;
    if (first === undefined) throw new ConnectError("The task is not started");
    return others.reduce((best, reader) => (reader.dueAt < best.dueAt ? reader : best), first);
  }
}

/** The task of `millrace.http.HttpSourceConnector`. */
export class MillraceHttpSourceTask extends HttpSourceTask {
  readonly dialect = MILLRACE_SOURCE;
}

/** The task of `io.confluent.connect.http.HttpSourceConnector`. */
export class ConfluentHttpSourceTask extends HttpSourceTask {
  readonly dialect = CONFLUENT_SOURCE;
}
