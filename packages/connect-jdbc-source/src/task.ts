import {
  ConfigError,
  ConnectError,
  parseConfig,
  type Props,
  type SourceRecord,
  SourceTask,
} from "@millrace/connect-api";
import {
  type Dialect,
  findDialect,
  type Origin,
  parseTable,
  pause,
  plainName,
  Sessions,
  splitNames,
} from "@millrace/jdbc-dialects";
import { modeOf, queryOf, TASK_CONFIG, type TaskConfig } from "./config.ts";
import { type Destination, nameOf } from "./destination.ts";
import { partPartition, readPartOffset } from "./initial-load/plan.ts";
import { type LoadPart, readParts, readStarts } from "./initial-load/task-parts.ts";
import { makeLoadMode, makeMode } from "./make-mode.ts";
import { withoutQuery } from "./masked-query.ts";
import type { TableMode } from "./mode/mode.ts";
import { offsetPartition, oldPartition, type Place, readPlaces } from "./offset.ts";
import { ReadingLoop } from "./reading-loop.ts";
import { connectionSettings, selectOptions } from "./settings.ts";
import { TableReader } from "./table-reader.ts";

/** Reads the tables that the connector gave it, or the query (Java: `JdbcSourceTask`). */
export class JdbcSourceTask extends SourceTask {
  #lingerMs = 0;
  #sessions: Sessions | undefined;
  #loop: ReadingLoop | undefined;

  async start(props: Props): Promise<void> {
    const { logger } = this.context;
    const config = parseConfig(TASK_CONFIG, props);
    this.#lingerMs = config["poll.linger.ms"];
    const dialect = findDialect(config["connection.url"], config["dialect.name"]);
    const origins = originsOf(config, dialect);
    if (origins.length === 0 && config["load.parts"] === "") {
      if (config["tables.fetched"]) throw noTables();
      logger.info("The tables are not known yet: there is nothing to read");
      return;
    }
    const sessions = new Sessions({
      dialect,
      settings: connectionSettings(config, props),
      attempts: config["connection.attempts"],
      backoffMs: config["connection.backoff.ms"],
      logger,
    });
    this.#sessions = sessions;
    this.#loop = new ReadingLoop({
      readers: await this.#readers(config, dialect, origins, sessions),
      sessions,
      maxRetryMs: config["connection.backoff.ms"],
      retries: config["query.retry.attempts"],
    });
  }

  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    if (this.#loop !== undefined) return this.#loop.next(this.#lingerMs, signal);
    await pause(this.#lingerMs, signal);
    return null;
  }

  async stop(): Promise<void> {
    await this.#loop?.close();
    await this.#sessions?.drop();
  }

  async #readers(
    config: TaskConfig,
    dialect: Dialect,
    origins: readonly Origin[],
    sessions: Sessions,
  ): Promise<TableReader[]> {
    const select = selectOptions(config);
    const session = await sessions.get(new AbortController().signal);
    const options = { dialect, config, select, session };
    const masked = queryOf(config)?.masked === true;
    const reader = (destination: Destination, mode: TableMode) =>
      new TableReader({
        destination,
        mode,
        select,
        pollIntervalMs: config["poll.interval.ms"],
        masked,
        logger: this.context.logger,
      });
    const places = await this.#places(config, origins);
    const readers = [];
    for (const [i, origin] of origins.entries()) {
      const destination = destinationOf(origin, config);
      const made = makeMode(origin, destination, places[i] ?? null, options);
      const mode = await made.catch((error: unknown) => {
        throw masked ? withoutQuery(error) : error;
      });
      readers.push(reader(destination, mode));
    }
    for (const part of readParts(config["load.parts"])) {
      const partition = partPartition(part.table, part.part);
      const destination = { ...destinationOf({ table: part.table }, config), partition };
      const position = await this.#position(part, destination);
      readers.push(reader(destination, await makeLoadMode(part, destination, position, options)));
    }
    return readers;
  }

  /** Where each table or query goes on: by its offset, else where its initial load ended. */
  async #places(config: TaskConfig, origins: readonly Origin[]): Promise<(Place | null)[]> {
    if (modeOf(config) === "bulk") return [];
    const starts = readStarts(config["load.starts"], plainName);
    const places = await readPlaces(this.context.offsetStorageReader, origins);
    return origins.map((origin, i) => {
      const start = "table" in origin ? starts.get(plainName(origin.table)) : undefined;
      return places[i] ?? start ?? null;
    });
  }

  /** How far a part is; undefined where it has not begun. */
  async #position({ plan }: LoadPart, { what, partition }: Destination) {
    const offset = await this.context.offsetStorageReader.offset(partition);
    if (offset === null) return undefined;
    const found = readPartOffset(offset, what);
    if (found.plan.low === plan.low && found.plan.high === plan.high) return found.position;
    throw new ConnectError(
      `The initial load of ${what} was planned anew while another one had begun; restart the connector to go on with that one`,
    );
  }
}

function originsOf(config: TaskConfig, dialect: Dialect): Origin[] {
  const query = queryOf(config);
  if (query !== null) return [{ query: query.text }];
  const rules = dialect.identifiers;
  return splitNames(rules, config.tables).map((name) => ({ table: parseTable(rules, name) }));
}

/** A query's rows go to the topic that `topic.prefix` is the whole name of. */
function destinationOf(origin: Origin, config: TaskConfig): Destination {
  const name = "query" in origin ? undefined : origin.table.name;
  return {
    what: nameOf(origin),
    topic: config["topic.prefix"] + (name ?? ""),
    schemaName: name,
    partition: modeOf(config) === "bulk" ? oldPartition(origin) : offsetPartition(origin),
  };
}

/** What a Java worker may have left behind; this connector makes no task without tables. */
function noTables(): ConfigError {
  return new ConfigError(
    "This task was not assigned a table. Check table.whitelist, and that its tables exist, and restart the connector",
  );
}
