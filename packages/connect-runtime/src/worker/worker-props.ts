import { ConfigError, type Logger, parseType, type Props } from "@millrace/connect-api";
import { Secrets } from "../config/secrets.ts";
import {
  closeConfigProviders,
  createConfigProviders,
  namesWithoutClass,
} from "../plugins/config-providers.ts";
import { ConfigVariables } from "../plugins/config-variables.ts";
import type { PluginRegistry } from "../plugins/registry.ts";

/** The key that is read before there is any provider, for it says where they are. */
const PLUGIN_PATH = "plugin.path";

/** A worker's own properties, variables resolved. */
export interface WorkerProps {
  readonly props: Props;
  /** Values that came from config providers, to be hidden (I5). */
  readonly values: readonly string[];
  readonly secrets: Secrets;
  /**
   * Parses the properties.
   * @throws {ConfigError} naming the key, and its variable in the place of the value
   */
  readonly parse: <C>(parser: (props: Props) => C) => C;
}

/** Folders of `plugin.path`; a variable in it stays as it is, as in Java. */
export function pluginPathOf(raw: Props): readonly string[] {
  const path = raw[PLUGIN_PATH];
  return path === undefined ? [] : (parseType(PLUGIN_PATH, "LIST", path) as readonly string[]);
}

/**
 * Asks the worker's config providers for what its properties refer to. The providers are
 * closed again: those for connectors are made in the threads that connectors run in.
 * @throws {ConnectError} naming the provider that cannot be had, or does not answer
 */
export async function resolveWorkerProps(
  raw: Props,
  registry: PluginRegistry,
  logger: Logger,
): Promise<WorkerProps> {
  for (const name of namesWithoutClass(raw)) {
    logger.warn(
      `config.providers names ${name}, but there is no config.providers.${name}.class: variables of ${name} stay as they are`,
    );
  }
  const providers = await createConfigProviders(raw, registry);
  try {
    const { [PLUGIN_PATH]: pluginPath, ...others } = raw;
    const variables = new ConfigVariables(async () => providers);
    const { configs, values, keys, problems } = await variables.resolve<Props>(others);
    for (const problem of problems) logger.warn(problem);
    const props = {
      ...configs[0]!,
      ...(pluginPath !== undefined && { [PLUGIN_PATH]: pluginPath }),
    };
    const secrets = new Secrets(values);
    return {
      props,
      values: [...values],
      secrets,
      parse: (parser) => {
        try {
          return parser(props);
        } catch (error) {
          throw withoutValue(error, raw, keys, secrets);
        }
      },
    };
  } finally {
    for (const problem of await closeConfigProviders(providers)) logger.warn(problem);
  }
}

function withoutValue(
  error: unknown,
  raw: Props,
  resolved: ReadonlySet<string>,
  secrets: Secrets,
): unknown {
  if (!(error instanceof ConfigError)) return error;
  const { key, message } = error;
  if (key !== undefined && resolved.has(key)) {
    return new ConfigError(key, raw[key], "the value that a config provider gives for it is wrong");
  }
  const shown = secrets.hide(message);
  return shown === message ? error : new ConfigError(shown);
}
