import {
  ConfigError,
  type ConfigDef,
  type ConfigValue,
  ConnectError,
  type ExactlyOnceSupport,
  groupPartitions,
  type Props,
  SourceConnector,
} from "@millrace/connect-api";
import { CONFIG, parseSourceConfig } from "./config.ts";
import type { TableId } from "./dialect/dialect.ts";
import { findDialect } from "./dialect/find-dialect.ts";
import { laterKeys, refusal } from "./later-keys.ts";
import { reachDatabase } from "./reach-database.ts";
import { Sessions } from "./sessions.ts";
import { connectionSettings } from "./settings.ts";
import { JdbcSourceTask } from "./task.ts";
import { matchTables, missingTables, quotedName, sharedTopics, splitNames } from "./tables.ts";
import { validateSource } from "./validate.ts";

/** Finds the tables to read and shares them among tasks (Java: `JdbcSourceConnector`). */
export class JdbcSourceConnector extends SourceConnector {
  #props: Props = {};
  #tables: readonly TableId[] = [];

  config(): ConfigDef {
    return CONFIG;
  }

  async start(props: Props): Promise<void> {
    const { logger } = this.context;
    this.#props = props;
    const config = parseSourceConfig(props);
    const { refused, ignored } = laterKeys(props);
    if (refused.length > 0) throw new ConfigError(refused.map(refusal).join(". "));
    for (const key of ignored) logger.warn(`${key} is not supported yet and has no effect`);
    const dialect = findDialect(config["connection.url"]);
    const settings = connectionSettings(config, props);
    for (const warning of dialect.checkSettings(settings).warnings) logger.warn(warning);
    const sessions = new Sessions({
      dialect,
      settings,
      attempts: config["connection.attempts"],
      backoffMs: config["connection.backoff.ms"],
      logger,
    });
    try {
      const session = await sessions.get(new AbortController().signal);
      this.#tables = this.#select(await session.listTables());
    } finally {
      await sessions.drop();
    }
  }

  taskClass(): typeof JdbcSourceTask {
    return JdbcSourceTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    const groups = groupPartitions(this.#tables, Math.min(this.#tables.length, maxTasks));
    return groups.map((tables) => ({
      ...this.#props,
      tables: tables.map(quotedName).join(","),
      "tables.fetched": "true",
    }));
  }

  stop(): void {
    this.#tables = [];
  }

  override validate(props: Props): Promise<ConfigValue[]> {
    return validateSource(props);
  }

  override testConnection(props: Props, signal: AbortSignal): Promise<string> {
    return reachDatabase(props, signal);
  }

  /** Offsets of incrementing mode are exact; bulk mode begins again after a restart. */
  override exactlyOnceSupport(props: Props): ExactlyOnceSupport {
    return props["mode"] === "incrementing" ? "SUPPORTED" : "UNSUPPORTED";
  }

  #select(found: readonly TableId[]): TableId[] {
    const whitelist = splitNames(this.#props["table.whitelist"] ?? "");
    const { selected, missing } = matchTables(found, whitelist);
    if (missing.length > 0) throw missingTables(missing, found);
    if (selected.length === 0) {
      throw new ConnectError(
        "The database has no table that connection.user can see; create one or grant USAGE on its schema, then restart the connector",
      );
    }
    if (whitelist.length === 0) {
      this.context.logger.warn(
        `table.whitelist is empty: all ${selected.length} tables of the database are read`,
      );
    }
    const clash = sharedTopics(selected);
    if (clash !== undefined) {
      throw new ConfigError("table.whitelist", whitelist.join(","), clash);
    }
    return selected;
  }
}
