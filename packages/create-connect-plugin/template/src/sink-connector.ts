import {
  type ConfigDef,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkTask,
} from "@millrace/connect-api";
import { SINK_CONFIG } from "./config.ts";
import { ExampleSinkTask } from "./sink-task.ts";
import { ExampleClient } from "./example-client.ts";

/** Writes the records of topics as items: the key is the id, a record without value removes it. */
export class ExampleSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return SINK_CONFIG;
  }

  start(props: Props): void {
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return ExampleSinkTask;
  }

  /** The worker shares the topics' partitions out among the tasks. */
  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  override async testConnection(props: Props, signal: AbortSignal): Promise<string> {
    const config = parseConfig(SINK_CONFIG, props);
    await new ExampleClient(config).after(0, 1, signal);
    return `Example at ${config["example.url"]}`;
  }
}
