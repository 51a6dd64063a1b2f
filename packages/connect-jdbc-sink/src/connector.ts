import {
  type ConfigDef,
  ConfigError,
  type ConfigValue,
  type Props,
  SinkConnector,
  type SinkTask,
  type TopicPartitionMap,
} from "@millrace/connect-api";
import { parseTable, withoutSecrets, writingOf } from "@millrace/jdbc-dialects";
import { CONFIG, parseSinkConfig } from "./config.ts";
import { connectionSettings, dialectOf, quotingOf } from "./settings.ts";
import { JdbcSinkTask } from "./task.ts";
import { problemsOf, validateSink } from "./validate.ts";
import { OffsetsTable } from "./write/offsets-table.ts";

/** Writes the records of topics into tables (Java: `JdbcSinkConnector`). */
export class JdbcSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; the database is not asked */
  start(props: Props): void {
    const config = parseSinkConfig(props);
    const [problem] = problemsOf(config, props);
    if (problem !== undefined) throw new ConfigError(`${problem.key}: ${problem.message}`);
    const settings = connectionSettings(config, props);
    const { warnings } = dialectOf(config).checkSettings(settings);
    for (const warning of warnings) this.context.logger.warn(warning);
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return JdbcSinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    const { singleWriter } = writingOf(dialectOf(parseSinkConfig(this.#props)));
    if (singleWriter) return [this.#props];
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  override validate(props: Props): Promise<ConfigValue[]> {
    return validateSink(props);
  }

  /** Connects once, and leaves. */
  override async testConnection(props: Props, signal: AbortSignal): Promise<string> {
    const config = parseSinkConfig(props);
    const dialect = dialectOf(config);
    const session = await dialect.connect(connectionSettings(config, props), signal);
    await session.close();
    return `${dialect.title} answers at ${withoutSecrets(config["connection.url"])}`;
  }

  /** With `offsets.table` the tasks read on from there: what an operator sets goes there, too. */
  override async alterOffsets(
    props: Props,
    offsets: TopicPartitionMap<number | null>,
  ): Promise<boolean> {
    const config = parseSinkConfig(props);
    if (config["offsets.table"] === "") return false;
    const dialect = dialectOf(config);
    const settings = connectionSettings(config, props);
    const session = await dialect.connect(settings, new AbortController().signal);
    try {
      const table = new OffsetsTable({
        dialect,
        writing: writingOf(dialect),
        quoting: quotingOf(config),
        table: parseTable({ ...dialect.identifiers, defaults: {} }, config["offsets.table"]),
        connector: props["name"] ?? "",
        rewind: () => undefined,
      });
      await table.alter(session, offsets);
      return true;
    } finally {
      await session.close();
    }
  }
}
