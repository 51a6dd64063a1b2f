import { registerHooks } from "node:module";
import {
  type ConfigProvider,
  ConnectError,
  type ConnectorClientConfigOverridePolicy,
  type ConnectRestExtension,
  type Converter,
  type HeaderConverter,
  type Predicate,
  type SinkConnector,
  type SourceConnector,
  type Transformation,
} from "@millrace/connect-api";
import type { PluginKind, PluginLocation } from "./location.ts";

const API = "@millrace/connect-api";

// Every plugin of this thread gets the worker's copy of the contract, wherever the plugin
// is installed: Java's parent-first loading of the API packages.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === API
      ? next(specifier, { ...context, parentURL: import.meta.url })
      : next(specifier, context),
});

/** What the export of a plugin makes, by kind. */
export interface PluginOfKind {
  source: SourceConnector;
  sink: SinkConnector;
  converter: Converter;
  header_converter: HeaderConverter;
  transformation: Transformation;
  predicate: Predicate;
  config_provider: ConfigProvider;
  rest_extension: ConnectRestExtension;
  client_config_override_policy: ConnectorClientConfigOverridePolicy;
}

/** A method that only this kind of plugin has: a manifest that names the wrong export is caught by it. */
const METHOD: Readonly<Record<PluginKind, string>> = {
  source: "taskConfigs",
  sink: "taskConfigs",
  converter: "toConnectData",
  header_converter: "toConnectHeader",
  transformation: "apply",
  predicate: "test",
  config_provider: "get",
  rest_extension: "register",
  client_config_override_policy: "validate",
};

/**
 * Imports a plugin's module and gives its class. Runs the plugin's code, so only threads
 * that run plugins call it. Importing again is cheap: modules stay loaded.
 * @throws {ConnectError} naming the package when it is not for this worker, or when the import
 * throws or gives something else
 */
export async function loadPlugin<K extends PluginKind>(
  location: PluginLocation & { readonly kind: K },
): Promise<new () => PluginOfKind[K]> {
  const { module, export: name, kind, unusable } = location;
  if (unusable !== undefined) {
    throw new ConnectError(
      `Package ${location.package} ${location.packageVersion} (${location.directory}) cannot be used: ${unusable}`,
    );
  }
  const exports = await importModule(location);
  const found =
    exports[name] ?? (exports["default"] as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== "function") {
    throw new ConnectError(
      `Package ${location.package} (${location.directory}) says that ${module} exports ${name}, but it does not: the package is broken`,
    );
  }
  if (typeof (found.prototype as Record<string, unknown>)?.[METHOD[kind]] !== "function") {
    throw new ConnectError(
      `${location.class} of package ${location.package} is said to be a ${kind}, but has no method ${METHOD[kind]}`,
    );
  }
  // The manifest gives the kind, and the check above the likelihood that it is right.
  return found as new () => PluginOfKind[K];
}

async function importModule(location: PluginLocation): Promise<Record<string, unknown>> {
  try {
    return (await import(location.module)) as Record<string, unknown>;
  } catch (error) {
    throw new ConnectError(
      `Package ${location.package} (${location.directory}) could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
