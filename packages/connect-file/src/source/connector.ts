import {
  type ConfigDef,
  type ConfigValue,
  ConnectError,
  type ExactlyOnceSupport,
  parseConfig,
  type Props,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
  type SourceTask,
} from "@millrace/connect-api";
import { checkFileAtStart, validateFile } from "../allowed-roots.ts";
import { reachToRead } from "../reach-file.ts";
import { CONFIG } from "./config.ts";
import { checkAlteredOffsets } from "./offset.ts";
import { FileStreamSourceTask } from "./task.ts";

/** Turns the lines of one file into records (Java: `FileStreamSourceConnector`). */
export class FileStreamSourceConnector extends SourceConnector {
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
    return reachToRead(parseConfig(CONFIG, props).file);
  }

  taskClass(): new () => SourceTask {
    return FileStreamSourceTask;
  }

  /** One task whatever the limit: lines of one file have one order. */
  taskConfigs(): Props[] {
    return [this.#props];
  }

  stop(): void {}

  override exactlyOnceSupport(props: Props): ExactlyOnceSupport {
    return props["file"]?.trim() ? "SUPPORTED" : "UNSUPPORTED";
  }

  override alterOffsets(
    props: Props,
    offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): boolean {
    if (!parseConfig(CONFIG, props).file) {
      throw new ConnectError(
        "Offsets cannot be modified if the 'file' configuration is unspecified: " +
          "the standard input is read then, which has no offsets",
      );
    }
    checkAlteredOffsets(offsets);
    return true;
  }
}
