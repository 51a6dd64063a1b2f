import {
  type ConfigDef,
  type ConfigValue,
  type ExactlyOnceSupport,
  groupPartitions,
  parseConfig,
  type Props,
  SourceConnector,
} from "@millrace/connect-api";
import { type Dialect, findDialect, Sessions } from "@millrace/jdbc-dialects";
import { CONFIG, type Config, queryOf } from "./config.ts";
import { reachDatabase } from "./reach-database.ts";
import { checkRules } from "./rules.ts";
import { connectionSettings } from "./settings.ts";
import { TableMonitor } from "./tables/monitor.ts";
import { quotedName } from "./tables/names.ts";
import { JdbcSourceTask } from "./task.ts";
import { validateSource } from "./validate.ts";

/** Finds the tables to read and shares them among tasks (Java: `JdbcSourceConnector`). */
export class JdbcSourceConnector extends SourceConnector {
  #props: Props = {};
  #dialect: Dialect | undefined;
  /** None where a query is read. */
  #monitor: TableMonitor | undefined;

  config(): ConfigDef {
    return CONFIG;
  }

  async start(props: Props): Promise<void> {
    const { logger } = this.context;
    this.#props = props;
    const config = parseConfig(CONFIG, props);
    checkRules(config);
    const dialect = findDialect(config["connection.url"], config["dialect.name"]);
    this.#dialect = dialect;
    const settings = connectionSettings(config, props);
    for (const warning of dialect.checkSettings(settings).warnings) logger.warn(warning);
    if (dialect.experimental) {
      logger.warn(
        `The dialect for ${dialect.title} is experimental: it is tested less than others`,
      );
    }
    if (queryOf(config) !== null) return;
    const sessions = new Sessions({
      dialect,
      settings,
      attempts: config["connection.attempts"],
      backoffMs: config["connection.backoff.ms"],
      logger,
    });
    this.#monitor = this.#watchTables(dialect, sessions, config);
    await this.#monitor.start();
  }

  taskClass(): typeof JdbcSourceTask {
    return JdbcSourceTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    if (this.#monitor === undefined) return [this.#props];
    const { tables } = this.#monitor;
    const rules = this.#dialect!.identifiers;
    if (tables.length === 0) return [{ ...this.#props, tables: "", "tables.fetched": "false" }];
    const groups = groupPartitions(tables, Math.min(tables.length, maxTasks));
    return groups.map((group) => ({
      ...this.#props,
      tables: group.map((table) => quotedName(rules, table)).join(","),
      "tables.fetched": "true",
    }));
  }

  async stop(): Promise<void> {
    await this.#monitor?.stop();
  }

  override validate(props: Props): Promise<ConfigValue[]> {
    return validateSource(props);
  }

  override testConnection(props: Props, signal: AbortSignal): Promise<string> {
    return reachDatabase(props, signal);
  }

  /**
   * Offsets with a number are exact by the row. Those of a time alone may repeat rows of
   * that time, and bulk mode begins again after a restart.
   */
  override exactlyOnceSupport(props: Props): ExactlyOnceSupport {
    return String(props["mode"]).includes("incrementing") ? "SUPPORTED" : "UNSUPPORTED";
  }

  #watchTables(dialect: Dialect, sessions: Sessions, config: Config): TableMonitor {
    return new TableMonitor({
      dialect,
      sessions,
      config,
      props: this.#props,
      logger: this.context.logger,
      onChange: () => this.context.requestTaskReconfiguration(),
      onFailure: (error) => this.context.raiseError(error),
    });
  }
}
