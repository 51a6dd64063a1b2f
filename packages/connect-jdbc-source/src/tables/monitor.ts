import {
  ConfigError,
  ConnectError,
  isConnectError,
  type Logger,
  type Props,
} from "@millrace/connect-api";
import {
  type Dialect,
  pause,
  plainName,
  type Sessions,
  type TableId,
} from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import { hasFilter, listFilter, selectTables } from "./filter.ts";
import { missingTables, sharedTopics } from "./names.ts";

export interface TableMonitorOptions {
  readonly dialect: Dialect;
  readonly sessions: Sessions;
  readonly config: Config;
  readonly props: Props;
  readonly logger: Logger;
  /** Called when the tables are others than before. */
  readonly onChange: () => void;
  /** Called when they can't be read together any more. */
  readonly onFailure: (error: Error) => void;
}

/** Knows which tables there are to read, and looks for others now and then (Java: `TableMonitorThread`). */
export class TableMonitor {
  readonly #options: TableMonitorOptions;
  readonly #ended = new AbortController();
  #tables: readonly TableId[] = [];
  #watching: Promise<void> | undefined;

  constructor(options: TableMonitorOptions) {
    this.#options = options;
  }

  get tables(): readonly TableId[] {
    return this.#tables;
  }

  /**
   * Finds the tables, and goes on looking.
   * @throws {ConfigError} when there are none, or two would share a topic
   */
  async start(): Promise<void> {
    const { config, logger } = this.#options;
    this.#tables = await this.#find(true);
    if (!hasFilter(config)) {
      logger.warn(
        `table.whitelist is empty: all ${this.#tables.length} tables of the database are read`,
      );
    }
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#options.sessions.drop();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { config, logger, onChange, onFailure } = this.#options;
    const { signal } = this.#ended;
    for (;;) {
      await pause(config["table.poll.interval.ms"], signal);
      if (signal.aborted) return;
      try {
        const tables = await this.#find(false);
        const names = tables.map(plainName).join();
        if (signal.aborted || names === this.#tables.map(plainName).join()) continue;
        logger.info(`The tables to read have changed: ${names}`);
        this.#tables = tables;
        onChange();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ConfigError || !isConnectError(error)) {
          onFailure(error as Error);
          return;
        }
        // The tasks go on meanwhile, and tell where the database is away.
        logger.warn(`Could not look for tables, the next look comes in its turn: ${error.message}`);
      }
    }
  }

  async #find(isFirst: boolean): Promise<readonly TableId[]> {
    const { dialect, sessions, config, props, logger } = this.#options;
    try {
      const session = await sessions.get(this.#ended.signal);
      const found = await session.listTables(listFilter(config));
      const { selected, missing } = selectTables(dialect.identifiers, found, config, props);
      const clash = sharedTopics(selected);
      if (clash !== undefined) {
        throw new ConfigError("table.whitelist", config["table.whitelist"].join(","), clash);
      }
      if (isFirst && missing.length > 0) {
        const absent = missingTables(dialect.identifiers, missing, found);
        if (selected.length === 0) throw absent;
        logger.warn(`${absent.message}. It is read when it is there`);
      }
      if (isFirst && selected.length === 0) throw noTables(config);
      return selected;
    } finally {
      // Between two looks no connection is kept.
      await sessions.drop();
    }
  }
}

function noTables(config: Config): ConnectError {
  return new ConnectError(
    hasFilter(config)
      ? "The lists of tables leave no table to read; correct them, or create a table that they take, then restart the connector"
      : "The database has no table that connection.user can see; create one or grant USAGE on its schema, then restart the connector",
  );
}
