import {
  type ConfigDef,
  type ConfigValue,
  type ExactlyOnceSupport,
  parseConfig,
  type Props,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";
import { askDeployment } from "../connection/check-connection.ts";
import { withoutSecrets } from "../connection/connection-string.ts";
import { refuseUnsupported } from "../unsupported-keys.ts";
import { Validation } from "../validation.ts";
import { CONFIG, readConfig } from "./config.ts";
import { readOffset } from "./offset.ts";
import { MongoSourceTask } from "./task.ts";

/** Publishes change events of MongoDB (Java: `MongoSourceConnector`). */
export class MongoSourceConnector extends SourceConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; the deployment is not asked */
  start(props: Props): void {
    refuseUnsupported(props, this.context.logger);
    readConfig(props);
    this.#props = props;
  }

  taskClass(): typeof MongoSourceTask {
    return MongoSourceTask;
  }

  /** One: a change stream has one order. */
  taskConfigs(): Props[] {
    return [this.#props];
  }

  stop(): void {}

  /** Checks keys one by one, then the connection. */
  override async validate(props: Props): Promise<ConfigValue[]> {
    const validation = new Validation(CONFIG, props);
    await validation.connection(() => parseConfig(CONFIG, props));
    return validation.values;
  }

  override async testConnection(props: Props): Promise<string> {
    const config = readConfig(props);
    await askDeployment(config, async () => undefined);
    return `MongoDB answers at ${withoutSecrets(config["connection.uri"].value())}`;
  }

  /** Each event has its position as offset. */
  override exactlyOnceSupport(): ExactlyOnceSupport {
    return "SUPPORTED";
  }

  /** @throws {ConnectError} for an offset that the task could not read */
  override alterOffsets(
    _props: Props,
    offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): boolean {
    for (const offset of offsets.values()) readOffset(offset);
    return true;
  }
}
