import {
  type ConfigDef,
  type ConfigValue,
  ConnectError,
  type Props,
  SinkConnector,
  type SinkTask,
  validateConfig,
} from "@millrace/connect-api";
import { checkConnection } from "./check-connection.ts";
import { parseProps, readConfig } from "./config/config.ts";
import { type ConfigProblem, configProblems } from "./config/problems.ts";
import { CONFIG } from "./config/table.ts";
import { withoutCredentials } from "./client/nodes.ts";
import { ElasticsearchSinkTask } from "./task.ts";
import { refusedKeys } from "./config/unsupported-keys.ts";

/** Indexes the records of topics in Elasticsearch. */
export class ElasticsearchSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; Elasticsearch is not asked */
  start(props: Props): void {
    readConfig(props);
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return ElasticsearchSinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** Asks the nodes as validation does. */
  override async testConnection(props: Props): Promise<string> {
    const config = readConfig(props);
    const problems = await checkConnection(config);
    if (problems.length > 0) {
      throw new ConnectError(problems.map(({ message }) => message).join("\n"));
    }
    const nodes = config["connection.url"].map(withoutCredentials);
    return `The Elasticsearch cluster answers at ${nodes.join(", ")}`;
  }

  /** Checks keys one by one, against each other and, when all is well so far, at Elasticsearch. */
  override async validate(props: Props): Promise<ConfigValue[]> {
    const values = validateConfig(CONFIG, props).map(withoutSecrets);
    addProblems(values, refusedKeys(props));
    if (hasErrors(values)) return values;
    const config = parseProps(props);
    addProblems(values, configProblems(config, props));
    if (!hasErrors(values)) addProblems(values, await checkConnection(config));
    return values;
  }
}

/** A password within an address does not go back to whoever asks for validation (I5). */
export function withoutSecrets(value: ConfigValue): ConfigValue {
  if (value.name !== "connection.url" || !Array.isArray(value.value)) return value;
  return { ...value, value: value.value.map(String).map(withoutCredentials) };
}

/** Adds messages to the keys they are about, also to keys that are not in the table. */
export function addProblems(values: ConfigValue[], problems: readonly ConfigProblem[]): void {
  for (const { keys, message } of problems) {
    for (const name of keys) {
      let value = values.find((candidate) => candidate.name === name);
      if (value === undefined) {
        value = { name, value: null, recommendedValues: [], errors: [], visible: true };
        values.push(value);
      }
      value.errors.push(message);
    }
  }
}

export function hasErrors(values: readonly ConfigValue[]): boolean {
  return values.some(({ errors }) => errors.length > 0);
}
