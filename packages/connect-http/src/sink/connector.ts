import {
  type ConfigDef,
  type ConfigValue,
  type Props,
  SinkConnector,
  type SinkTask,
  validateConfig,
} from "@millrace/connect-api";
import { addProblems } from "../problems.ts";
import { AIVEN } from "./aiven-config.ts";
import { CONFLUENT } from "./confluent-config.ts";
import { configOf, readSettings, settingsOf, type SinkDialect } from "./dialect.ts";
import { GENERIC } from "./generic-config.ts";
import { reach } from "../reach.ts";
import { AivenHttpSinkTask, ConfluentHttpSinkTask, GenericHttpSinkTask } from "./task.ts";

/** Sends the records of topics to a server by HTTP. */
abstract class HttpSinkConnector extends SinkConnector {
  abstract readonly dialect: SinkDialect;
  #props: Props = {};

  config(): ConfigDef {
    return this.dialect.config;
  }

  /** @throws {ConfigError} when the configuration is not valid; no server is asked */
  start(props: Props): void {
    settingsOf(this.dialect, props);
    this.#props = props;
  }

  abstract override taskClass(): new () => SinkTask;

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** Checks keys one by one and against each other. No request is made: there is none that would change nothing. */
  override validate(props: Props): ConfigValue[] {
    const values = validateConfig(configOf(this.dialect, props), props);
    if (values.every(({ errors }) => errors.length === 0)) {
      addProblems(values, readSettings(this.dialect, props).problems);
    }
    return values;
  }

  /** Asks the server by HEAD, with credentials. */
  override async testConnection(props: Props, signal: AbortSignal): Promise<string> {
    const reached: string[] = [];
    for (const settings of settingsOf(this.dialect, props)) {
      const { url } = settings;
      const address = url.isStatic ? url.render(() => "") : url.origin;
      reached.push(await reach(settings, address, "HEAD", signal));
    }
    return reached.join("; ");
  }
}

/** `io.aiven.kafka.connect.http.HttpSinkConnector` */
export class AivenHttpSinkConnector extends HttpSinkConnector {
  readonly dialect = AIVEN;

  taskClass(): typeof AivenHttpSinkTask {
    return AivenHttpSinkTask;
  }
}

/** `io.confluent.connect.http.HttpSinkConnector` */
export class ConfluentHttpSinkConnector extends HttpSinkConnector {
  readonly dialect = CONFLUENT;

  taskClass(): typeof ConfluentHttpSinkTask {
    return ConfluentHttpSinkTask;
  }
}

/** `io.confluent.connect.http.sink.GenericHttpSinkConnector` */
export class GenericHttpSinkConnector extends HttpSinkConnector {
  readonly dialect = GENERIC;

  taskClass(): typeof GenericHttpSinkTask {
    return GenericHttpSinkTask;
  }
}
