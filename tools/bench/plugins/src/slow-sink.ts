import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConfigDef,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkRecord,
  SinkTask,
} from "@millrace/connect-api";

const CONFIG = {
  "put.ms": {
    type: "INT",
    default: 50,
    min: 0,
    importance: "HIGH",
    doc: "Milliseconds that each put takes.",
  },
} as const satisfies ConfigDef;

/** Takes its time over every batch and keeps nothing. */
export class SlowSink extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  start(props: Props): void {
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return SlowSinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}
}

class SlowSinkTask extends SinkTask {
  #putMs = 0;

  start(props: Props): void {
    this.#putMs = parseConfig(CONFIG, props)["put.ms"];
  }

  async put(_records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    await sleep(this.#putMs, undefined, { signal });
  }

  stop(): void {}
}
