import {
  type ConfigDef,
  type ConfigValue,
  type ExactlyOnceSupport,
  groupPartitions,
  parseConfig,
  type Props,
  SourceConnector,
} from "@millrace/connect-api";
import { type Dialect, findDialect, Sessions, type TableId } from "@millrace/jdbc-dialects";
import { CONFIG, type Config, queryOf } from "./config.ts";
import { InitialLoads } from "./initial-load/loads.ts";
import {
  type LoadPart,
  type StartingTable,
  writeParts,
  writeStarts,
} from "./initial-load/task-parts.ts";
import { reachDatabase } from "./reach-database.ts";
import { checkRules } from "./rules.ts";
import { connectionSettings } from "./settings.ts";
import { TableMonitor } from "./tables/monitor.ts";
import { quotedName } from "./tables/names.ts";
import { JdbcSourceTask } from "./task.ts";
import { validateSource } from "./validate.ts";

/** What a task is given to read. */
type Item = { readonly table: TableId } | { readonly part: LoadPart };

/** Finds the tables to read and shares them among tasks (Java: `JdbcSourceConnector`). */
export class JdbcSourceConnector extends SourceConnector {
  #props: Props = {};
  #dialect: Dialect | undefined;
  /** None where a query is read. */
  #monitor: TableMonitor | undefined;
  #loads: InitialLoads | undefined;

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
    const sessions = () =>
      new Sessions({
        dialect,
        settings,
        attempts: config["connection.attempts"],
        backoffMs: config["connection.backoff.ms"],
        logger,
      });
    if (InitialLoads.isAskedFor(config)) {
      this.#loads = new InitialLoads({
        dialect,
        sessions: sessions(),
        config,
        offsets: this.context.offsetStorageReader,
        logger,
        onDone: () => this.context.requestTaskReconfiguration(),
      });
    }
    this.#monitor = this.#watchTables(dialect, sessions(), config);
    await this.#monitor.start();
  }

  taskClass(): typeof JdbcSourceTask {
    return JdbcSourceTask;
  }

  async taskConfigs(maxTasks: number): Promise<Props[]> {
    if (this.#monitor === undefined) return [this.#props];
    const { tables } = this.#monitor;
    if (tables.length === 0) return [{ ...this.#props, tables: "", "tables.fetched": "false" }];
    const division = (await this.#loads?.divide(tables)) ?? { tables, starts: [], parts: [] };
    const items = [
      ...division.tables.map((table) => ({ table })),
      ...division.parts.map((part) => ({ part })),
    ];
    const groups = groupPartitions(items, Math.min(items.length, maxTasks));
    return groups.map((group) => this.#taskConfig(group, division.starts));
  }

  async stop(): Promise<void> {
    await this.#loads?.stop();
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

  #taskConfig(group: readonly Item[], starts: readonly StartingTable[]): Props {
    const tables = group.flatMap((item) => ("table" in item ? [item.table] : []));
    const parts = group.flatMap((item) => ("part" in item ? [item.part] : []));
    const ownStarts = starts.filter(({ table }) => tables.includes(table));
    return {
      ...this.#props,
      tables: tables.map((table) => quotedName(this.#dialect!.identifiers, table)).join(","),
      "tables.fetched": "true",
      ...(parts.length > 0 && { "load.parts": writeParts(parts) }),
      ...(ownStarts.length > 0 && { "load.starts": writeStarts(ownStarts) }),
    };
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
