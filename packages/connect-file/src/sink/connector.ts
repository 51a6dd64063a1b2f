import {
  type ConfigDef,
  type ConfigValue,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkTask,
} from "@millrace/connect-api";
import { checkFileAtStart, validateFile } from "../allowed-roots.ts";
import { reachToWrite } from "../reach-file.ts";
import { CONFIG } from "./config.ts";
import { FileStreamSinkTask } from "./task.ts";

/** Appends the values of records to a file, one line each (Java: `FileStreamSinkConnector`). */
export class FileStreamSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  override validate(props: Props): Promise<ConfigValue[]> {
    return validateFile(CONFIG, props);
  }

  async start(props: Props): Promise<void> {
    const { file } = parseConfig(CONFIG, props);
    await checkFileAtStart(file, this.context.logger);
    this.#props = props;
  }

  override testConnection(props: Props): Promise<string> {
    return reachToWrite(parseConfig(CONFIG, props).file);
  }

  taskClass(): new () => SinkTask {
    return FileStreamSinkTask;
  }

  /** All tasks append to the same file. */
  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** A file is appended to wherever reading goes on: there is nothing to check. */
  override alterOffsets(): boolean {
    return true;
  }
}
