import {
  compileJavaRegex,
  type ConfigData,
  type ConfigDef,
  ConfigError,
  type ConfigProvider,
  type Props,
} from "@millrace/connect-api";

const CONFIG = {
  "allowlist.pattern": {
    type: "STRING",
    default: ".*",
    importance: "LOW",
    doc: "Regular expression that the whole name of a variable must match for its value to be given.",
  },
} as const satisfies ConfigDef;

/** `${env:NAME}`: environment variables of the worker (Java: `EnvVarConfigProvider`, KIP-887). */
export class EnvVarConfigProvider implements ConfigProvider {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  #allowed: RegExp | undefined;

  constructor(variables: Readonly<Record<string, string | undefined>> = process.env) {
    this.#variables = variables;
  }

  config() {
    return CONFIG;
  }

  /** @throws {ConfigError} for a pattern that is none */
  configure(props: Props): void {
    const pattern = props["allowlist.pattern"];
    try {
      this.#allowed = pattern === undefined ? undefined : compileJavaRegex(pattern);
    } catch (error) {
      throw new ConfigError("allowlist.pattern", pattern, (error as Error).message, {
        cause: error,
      });
    }
  }

  /** @throws {ConfigError} when a path is given */
  get(path: string, keys?: readonly string[]): ConfigData {
    if (path !== "") {
      throw new ConfigError(
        `Path is not supported for EnvVarConfigProvider, invalid value '${path}'`,
      );
    }
    const found = Object.entries(this.#variables).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        (keys === undefined || keys.includes(entry[0])) &&
        (this.#allowed === undefined || this.#allowed.test(entry[0])),
    );
    return { data: Object.fromEntries(found) };
  }
}
