import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import {
  type ConfigDef,
  ConfigError,
  type ConfigValue,
  isConnectError,
  type Logger,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import { errorCode, fileError } from "./file-error.ts";

/**
 * Names the environment variable in which whoever runs the worker says which folders
 * file connectors may touch, separated by commas. Connector configurations come from
 * everyone who reaches the REST API, so none of their keys can widen it.
 */
export const ALLOWED_ROOTS_VARIABLE = "MILLRACE_FILE_ALLOWED_ROOTS";

/** The allowed folders; undefined when the variable is not set, which allows every file. */
export function allowedRoots(env: NodeJS.ProcessEnv = process.env): readonly string[] | undefined {
  return env[ALLOWED_ROOTS_VARIABLE]
    ?.split(",")
    .map((root) => root.trim())
    .filter((root) => root !== "");
}

/**
 * Checks that a file, links followed, lies in an allowed folder. The file need not exist.
 * @param key the configuration key that names it
 * @throws {ConfigError} for that key when it does not
 */
export async function checkAllowed(
  file: string,
  roots: readonly string[] | undefined = allowedRoots(),
  key = "file",
): Promise<void> {
  if (roots === undefined) return;
  const real = await realTarget(file);
  for (const root of roots) {
    const folder = await realTarget(root);
    const prefix = folder.endsWith(sep) ? folder : folder + sep;
    if (real === folder || real.startsWith(prefix)) return;
  }
  throw new ConfigError(
    key,
    file,
    "The file lies outside the folders that this worker allows. " +
      `Whoever runs the worker sets them in the environment variable ${ALLOWED_ROOTS_VARIABLE}.`,
  );
}

/** Checks a connector's keys by its table, and `file` against the allowed folders. */
export async function validateFile(def: ConfigDef, props: Props): Promise<ConfigValue[]> {
  const values = validateConfig(def, props);
  const file = values.find(({ name }) => name === "file");
  if (typeof file?.value !== "string" || file.value === "") return values;
  try {
    await checkAllowed(file.value);
  } catch (error) {
    if (!isConnectError(error)) throw error;
    file.errors.push(error.message);
  }
  return values;
}

/** It holds for the whole worker, so its log has it once, not with every connector. */
let isWarned = false;

/**
 * Checks the file again as a connector starts: links may have changed since it was validated.
 * @param file null or empty for the worker's standard input or output, which is always allowed
 * @throws {ConfigError} when the file lies outside the allowed folders
 */
export async function checkFileAtStart(
  file: string | null,
  logger: Logger,
  key = "file",
): Promise<void> {
  if (!file) return;
  if (allowedRoots() === undefined && !isWarned) {
    isWarned = true;
    logger.warn(
      `Every file of this machine is open to file connectors, as ${ALLOWED_ROOTS_VARIABLE} is not set. ` +
        "Set it to the folders they may use, separated by commas.",
    );
  }
  await checkAllowed(file, allowedRoots(), key);
}

/** The path with every link on it followed, as far as it exists. */
async function realTarget(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    if (errorCode(error) !== "ENOENT" || parent === absolute) {
      throw fileError("follow the links of", path, error);
    }
    return join(await realTarget(parent), basename(absolute));
  }
}
