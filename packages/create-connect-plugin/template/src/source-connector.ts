import {
  type ConfigDef,
  type ExactlyOnceSupport,
  parseConfig,
  type Props,
  SourceConnector,
  type SourceTask,
} from "@millrace/connect-api";
import { SOURCE_CONFIG } from "./config.ts";
import { ExampleSourceTask } from "./source-task.ts";
import { ExampleClient } from "./example-client.ts";

/** Brings items into a topic, each when it is new or has changed. */
export class ExampleSourceConnector extends SourceConnector {
  #props: Props = {};

  config(): ConfigDef {
    return SOURCE_CONFIG;
  }

  start(props: Props): void {
    this.#props = props;
  }

  taskClass(): new () => SourceTask {
    return ExampleSourceTask;
  }

  /** One task: items have one order. Where there are parts that can be read apart, make one task of each. */
  taskConfigs(): Props[] {
    return [this.#props];
  }

  stop(): void {}

  /** An offset says exactly where reading goes on. */
  override exactlyOnceSupport(): ExactlyOnceSupport {
    return "SUPPORTED";
  }

  override async testConnection(props: Props, signal: AbortSignal): Promise<string> {
    const config = parseConfig(SOURCE_CONFIG, props);
    await new ExampleClient(config).after(0, 1, signal);
    return `Example at ${config["example.url"]}`;
  }
}
