import { ConfigError, type ConfigOf, parseConfig, type Props } from "@millrace/connect-api";
import { configProblems } from "./problems.ts";
import { CONFIG } from "./table.ts";
import { refusedKeys } from "./unsupported-keys.ts";

/** The parsed table, its enumerations in lower case. */
export type Config = Omit<ConfigOf<typeof CONFIG>, EnumKey> & {
  readonly "behavior.on.null.values": "ignore" | "delete" | "fail";
  readonly "behavior.on.malformed.documents": "ignore" | "warn" | "fail";
  readonly "write.method": "insert" | "upsert";
};

type EnumKey = "behavior.on.null.values" | "behavior.on.malformed.documents" | "write.method";

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function readConfig(props: Props): Config {
  const config = parseProps(props);
  const [problem] = [...refusedKeys(props), ...configProblems(config)];
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
  const lower = (key: EnumKey) => config[key].toLowerCase();
  return {
    ...config,
    "behavior.on.null.values": lower("behavior.on.null.values"),
    "behavior.on.malformed.documents": lower("behavior.on.malformed.documents"),
    "write.method": lower("write.method"),
  } as Config; // each is one of its table entry's `oneOf`
}
