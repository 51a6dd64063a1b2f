import {
  ConfigError,
  type ConfigKey,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { configProblems } from "./problems.ts";
import { CONFIG } from "./table.ts";
import { refusedKeys } from "./unsupported-keys.ts";

/** The parsed table, its enumerations in lower case. */
export type Config = Omit<ConfigOf<typeof CONFIG>, EnumKey> & {
  readonly [K in EnumKey]: (typeof CONFIG)[K]["oneOf"][number];
};

type Enums = {
  [
    K in keyof typeof CONFIG as (typeof CONFIG)[K] extends {
      oneOf: readonly string[];
      ignoreCase: true;
    }
      ? K
      : never
  ]: unknown;
};
type EnumKey = keyof Enums;

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function readConfig(props: Props): Config {
  const config = parseProps(props);
  const [problem] = [...refusedKeys(props), ...configProblems(config, props)];
  if (problem !== undefined) throw new ConfigError(problem.message);
  return config;
}

/**
 * Parses each key by itself.
 * @throws {ConfigError} for the first one that is missing or wrong
 */
export function parseProps(props: Props): Config {
  return lowerCaseEnums(parseConfig(CONFIG, props));
}

/** `oneOf` was checked without regard to case; the code compares lower case. */
function lowerCaseEnums(config: ConfigOf<typeof CONFIG>): Config {
  const lower = Object.entries<ConfigKey>(CONFIG)
    .filter(([, { oneOf, ignoreCase }]) => oneOf !== undefined && ignoreCase === true)
    .map(([key]) => [key, config[key as EnumKey].toLowerCase()]);
  return { ...config, ...Object.fromEntries(lower) } as Config; // each is one of its entry's `oneOf`
}
