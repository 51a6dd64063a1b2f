import {
  ConfigError,
  parseConfig,
  type Props,
  type SourceRecord,
  SourceTask,
} from "@millrace/connect-api";
import { modeOf, TASK_CONFIG, type TaskConfig } from "./config.ts";
import type { SelectOptions, TableId } from "./dialect/dialect.ts";
import { findDialect } from "./dialect/find-dialect.ts";
import { BulkMode } from "./mode/bulk.ts";
import { incrementingColumn } from "./mode/incrementing-column.ts";
import { IncrementingMode } from "./mode/incrementing.ts";
import type { TableMode } from "./mode/mode.ts";
import { readIncrementing } from "./offset.ts";
import { ReadingLoop } from "./reading-loop.ts";
import { Sessions } from "./sessions.ts";
import { connectionSettings, selectOptions } from "./settings.ts";
import { TableReader } from "./table-reader.ts";
import { splitNames } from "./tables.ts";
import { pause } from "./wait.ts";

/** Reads the tables that the connector gave it (Java: `JdbcSourceTask`). */
export class JdbcSourceTask extends SourceTask {
  #lingerMs = 0;
  #sessions: Sessions | undefined;
  #loop: ReadingLoop | undefined;

  async start(props: Props): Promise<void> {
    const { logger } = this.context;
    const config = parseConfig(TASK_CONFIG, props);
    this.#lingerMs = config["poll.linger.ms"];
    const dialect = findDialect(config["connection.url"]);
    const tables = splitNames(config.tables).map((name) => dialect.parseTable(name));
    if (tables.length === 0) {
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
    const options = selectOptions(config);
    const modes = await this.#modes(config, tables, sessions, options);
    this.#loop = new ReadingLoop({
      readers: modes.map(({ table, mode }) => new TableReader(table, mode, options, logger)),
      sessions,
      pollIntervalMs: config["poll.interval.ms"],
      maxRetryMs: config["connection.backoff.ms"],
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

  /** How each table is read, once it is certain that it can be. */
  async #modes(
    config: TaskConfig,
    tables: readonly TableId[],
    sessions: Sessions,
    options: SelectOptions,
  ): Promise<{ table: TableId; mode: TableMode }[]> {
    const mode = modeOf(config);
    const session = await sessions.get(new AbortController().signal);
    const isIncrementing = mode === "incrementing";
    const last = isIncrementing
      ? await readIncrementing(this.context.offsetStorageReader, tables)
      : [];
    const modes = [];
    for (const [i, table] of tables.entries()) {
      const columns = await session.describe(table, options);
      const destination = { table, topic: config["topic.prefix"] + table.name };
      const start = last[i];
      if (start === undefined) {
        modes.push({ table, mode: new BulkMode(destination) });
        continue;
      }
      const column = incrementingColumn(
        table,
        columns,
        config["incrementing.column.name"],
        config["validate.non.null"],
      );
      modes.push({ table, mode: new IncrementingMode(destination, column, start) });
    }
    return modes;
  }
}

/** What a Java worker may have left behind; this connector makes no task without tables. */
function noTables(): ConfigError {
  return new ConfigError(
    "This task was not assigned a table. Check table.whitelist, and that its tables exist, and restart the connector",
  );
}
