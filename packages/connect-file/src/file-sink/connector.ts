import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type ConfigDef,
  type ConfigValue,
  isConnectError,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkTask,
  validateConfig,
} from "@millrace/connect-api";
import { allowedRoots, checkAllowed, checkFileAtStart } from "../allowed-roots.ts";
import { errorCode, fileError } from "../file-error.ts";
import { CONFIG } from "./config.ts";
import { fixedFolder } from "./folder-template.ts";
import { FileSinkTask } from "./task.ts";

/** Writes records into many files, each record once. */
export class FileSinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  override async validate(props: Props): Promise<ConfigValue[]> {
    const values = validateConfig(CONFIG, props);
    const folder = values.find(({ name }) => name === "folder");
    if (typeof folder?.value !== "string" || folder.errors.length > 0) return values;
    try {
      await checkAllowed(fixedFolder(folder.value), allowedRoots(), "folder");
    } catch (error) {
      if (!isConnectError(error)) throw error;
      folder.errors.push(error.message);
    }
    return values;
  }

  async start(props: Props): Promise<void> {
    const { folder } = parseConfig(CONFIG, props);
    await checkFileAtStart(fixedFolder(folder), this.context.logger, "folder");
    this.#props = props;
  }

  override async testConnection(props: Props): Promise<string> {
    const folder = fixedFolder(parseConfig(CONFIG, props).folder);
    await checkAllowed(folder, allowedRoots(), "folder");
    for (let above = folder; ; above = dirname(above)) {
      try {
        await access(above, constants.W_OK | constants.X_OK);
        return above === folder ? `${folder} can be written to` : `${folder} can be made`;
      } catch (error) {
        if (errorCode(error) !== "ENOENT" || above === dirname(above)) {
          throw fileError("write into", above, error);
        }
      }
    }
  }

  taskClass(): new () => SinkTask {
    return FileSinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** What is in files already is not written again, wherever reading goes on. */
  override alterOffsets(): boolean {
    return true;
  }
}
