import { access, constants } from "node:fs/promises";
import { dirname, sep } from "node:path";
import {
  type ConfigDef,
  type ConfigValue,
  ConnectError,
  type ExactlyOnceSupport,
  isConnectError,
  parseConfig,
  type Props,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
  type SourceTask,
  validateConfig,
} from "@millrace/connect-api";
import { isDynamicPattern } from "tinyglobby";
import { allowedRoots, checkAllowed, checkFileAtStart } from "../allowed-roots.ts";
import { fileError } from "../file-error.ts";
import { CONFIG, type Config } from "./config.ts";
import { look, pathsOf } from "./listing.ts";
import { checkAlteredOffsets } from "./offset.ts";
import {
  conflicts,
  excludedBy,
  patternsOf,
  settingsOf,
  TASK_COUNT,
  TASK_NUMBER,
} from "./settings.ts";
import { FileSourceTask } from "./task.ts";

/** Turns what is in many files into records, while they grow and are rotated, or once they are complete. */
export class FileSourceConnector extends SourceConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  override async validate(props: Props): Promise<ConfigValue[]> {
    const values = validateConfig(CONFIG, props);
    if (values.some(({ errors }) => errors.length > 0)) return values;
    const config = parseConfig(CONFIG, props);
    const errors: ConnectError[] = [...conflicts(config)];
    for (const [key, folder] of foldersOf(config)) {
      try {
        await checkAllowed(folder, allowedRoots(), key);
      } catch (error) {
        if (!isConnectError(error)) throw error;
        errors.push(error);
      }
    }
    for (const error of errors) {
      const key = "key" in error ? error.key : "paths";
      values.find(({ name }) => name === key)?.errors.push(error.message);
    }
    return values;
  }

  async start(props: Props): Promise<void> {
    const config = settingsOf(props);
    for (const [key, folder] of foldersOf(config)) {
      await checkFileAtStart(folder, this.context.logger, key);
    }
    this.#props = props;
  }

  override async testConnection(props: Props): Promise<string> {
    const config = settingsOf(props);
    for (const [key, folder] of foldersOf(config)) {
      await checkAllowed(folder, allowedRoots(), key);
    }
    const paths: string[] = [];
    await look(await pathsOf(patternsOf(config), excludedBy(config)), ({ path }) =>
      paths.push(path),
    );
    const [first] = paths;
    if (first !== undefined) {
      try {
        await access(first, constants.R_OK);
      } catch (error) {
        throw fileError("read", first, error);
      }
    }
    return `${paths.length} files are there now`;
  }

  taskClass(): new () => SourceTask {
    return FileSourceTask;
  }

  /** Each task finds its share of the files by their names, so new ones need no new split. */
  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, (_, number) => ({
      ...this.#props,
      [TASK_NUMBER]: String(number),
      [TASK_COUNT]: String(maxTasks),
    }));
  }

  stop(): void {}

  override exactlyOnceSupport(): ExactlyOnceSupport {
    return "SUPPORTED";
  }

  override alterOffsets(
    _props: Props,
    offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): boolean {
    checkAlteredOffsets(offsets);
    return true;
  }
}

/** What must lie in the allowed folders: that which every file of a pattern lies in, and where files are moved to. */
function foldersOf(config: Config): (readonly [key: string, folder: string])[] {
  const folders: [string, string][] = patternsOf(config).map((path) => ["paths", fixedPart(path)]);
  const moved = config["ingest.move.to"];
  if (config["ingest.cleanup"] === "move" && moved) folders.push(["ingest.move.to", moved]);
  return folders;
}

function fixedPart(pattern: string): string {
  if (!isDynamicPattern(pattern)) return pattern;
  const parts = pattern.split(sep);
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => isDynamicPattern(part)),
  );
  return fixed.join(sep) || dirname(sep);
}
