import {
  type ConfigDef,
  type ConfigValue,
  type Logger,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkTask,
} from "@millrace/connect-api";
import { askDeployment } from "../connection/check-connection.ts";
import { withoutSecrets } from "../connection/connection-string.ts";
import { silent } from "../silent-logger.ts";
import { refuseUnsupported } from "../unsupported-keys.ts";
import { Validation } from "../validation.ts";
import { CONFIG, overriddenTopics, topicConfig } from "./config.ts";
import { MongoSinkTask } from "./task.ts";
import { TopicPlanner } from "./topic-planner.ts";

/** Writes records of topics to MongoDB (Java: `MongoSinkConnector`). */
export class MongoSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; the deployment is not asked */
  start(props: Props): void {
    refuseUnsupported(props, this.context.logger);
    for (const topic of ["", ...overriddenTopics(props)]) {
      checkTopic(topic, props, this.context.logger);
    }
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return MongoSinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** Checks keys one by one, against each other, per topic, and at last the connection. */
  override async validate(props: Props): Promise<ConfigValue[]> {
    const validation = new Validation(CONFIG, props);
    if (validation.isFine) {
      for (const topic of ["", ...overriddenTopics(props)]) {
        validation.attempt(topic === "" ? "connection.uri" : `topic.override.${topic}`, () =>
          checkTopic(topic, props, silent),
        );
      }
    }
    await validation.connection(() => parseConfig(CONFIG, props));
    return validation.values;
  }

  override async testConnection(props: Props): Promise<string> {
    const config = parseConfig(CONFIG, props);
    await askDeployment(config, async () => undefined);
    return `MongoDB answers at ${withoutSecrets(config["connection.uri"].value())}`;
  }
}

/** @throws {ConfigError} when the topic's settings are wrong or do not fit each other */
function checkTopic(topic: string, props: Props, logger: Logger): TopicPlanner {
  return new TopicPlanner(topicConfig(topic, props), logger);
}
