import {
  ConfigError,
  type ConfigProvider,
  ConnectError,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { withoutPrefix } from "../config/properties.ts";
import { DirectoryConfigProvider } from "../config/providers/directory.ts";
import { EnvVarConfigProvider } from "../config/providers/env.ts";
import { FileConfigProvider } from "../config/providers/file.ts";
import { Secrets } from "../config/secrets.ts";
import type { PluginRegistry } from "./registry.ts";

/** Those that come with the worker. Java's REST API lists no providers, so they are no plugins of the registry. */
const BUILT_IN: Readonly<Record<string, new () => ConfigProvider>> = {
  DirectoryConfigProvider,
  EnvVarConfigProvider,
  FileConfigProvider,
};

const JAVA_PACKAGE = "org.apache.kafka.common.config.provider.";
const CONFIG_EXCEPTION = "org.apache.kafka.common.config.ConfigException";

/** Names of `config.providers`. */
export function providerNames(workerProps: Props): string[] {
  const names = (workerProps["config.providers"] ?? "").split(",").map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== "");
}

/** Names that have no `config.providers.<name>.class`: as with Java, their variables stay as they are. */
export function namesWithoutClass(workerProps: Props): string[] {
  return providerNames(workerProps).filter((name) => classOf(workerProps, name) === undefined);
}

/**
 * Makes the providers that `config.providers` names, each configured by its
 * `config.providers.<name>.param.*`. Runs the plugins' code.
 * @throws {ConnectError} naming the provider that cannot be had; never a value of its parameters
 */
export async function createConfigProviders(
  workerProps: Props,
  registry: PluginRegistry,
): Promise<Map<string, ConfigProvider>> {
  const providers = new Map<string, ConfigProvider>();
  for (const name of providerNames(workerProps)) {
    const className = classOf(workerProps, name);
    if (className === undefined) continue;
    const params = withoutPrefix(workerProps, `config.providers.${name}.param.`);
    providers.set(name, await createProvider(name, className, params, registry));
  }
  return providers;
}

/** Lets go of what providers hold, of all of them even where one fails. @returns what went wrong */
export async function closeConfigProviders(
  providers: ReadonlyMap<string, ConfigProvider>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, provider] of providers) {
    try {
      await provider.close?.();
    } catch (error) {
      problems.push(`Config provider ${name} could not be closed: ${(error as Error).message}`);
    }
  }
  return problems;
}

function classOf(workerProps: Props, name: string): string | undefined {
  return workerProps[`config.providers.${name}.class`]?.trim();
}

async function createProvider(
  name: string,
  className: string,
  params: Props,
  registry: PluginRegistry,
): Promise<ConfigProvider> {
  const builtIn = builtInClass(className);
  const Provider = builtIn ?? (await pluginClass(name, className, registry));
  try {
    const provider = new Provider();
    parseConfig(provider.config(), params);
    provider.configure(params);
    return provider;
  } catch (error) {
    // Those of the worker's own take paths and patterns, those of others passwords.
    const secrets = new Secrets(builtIn === undefined ? Object.values(params) : []);
    throw new ConnectError(
      `Config provider ${name} (${className}) refuses its config.providers.${name}.param.*: ${secrets.hide((error as Error).message)}`,
      { javaName: CONFIG_EXCEPTION, ...(builtIn !== undefined && { cause: error }) },
    );
  }
}

function builtInClass(className: string): (new () => ConfigProvider) | undefined {
  const simple = className.startsWith(JAVA_PACKAGE)
    ? className.slice(JAVA_PACKAGE.length)
    : className;
  return Object.hasOwn(BUILT_IN, simple) ? BUILT_IN[simple] : undefined;
}

async function pluginClass(
  name: string,
  className: string,
  registry: PluginRegistry,
): Promise<new () => ConfigProvider> {
  try {
    const location = registry.find("config_provider", className);
    // Without such a provider the main thread needs nothing of what runs plugins.
    const { loadPlugin } = await import("./load.ts");
    return await loadPlugin(location);
  } catch (error) {
    const known = registry.list("config_provider").map((location) => location.class);
    throw new ConfigError(
      `config.providers.${name}.class`,
      className,
      `${(error as Error).message}. Installed: ${[...Object.keys(BUILT_IN), ...known].join(", ")}`,
      { cause: error },
    );
  }
}
