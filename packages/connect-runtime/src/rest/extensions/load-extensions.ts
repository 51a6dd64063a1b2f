import {
  type ConnectClusterState,
  ConfigError,
  type ConnectRestExtension,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import type { Logging } from "../../logging.ts";
import { packageWith } from "../../plugins/known-packages.ts";
import type { PluginRegistry } from "../../plugins/registry.ts";
import { RestExtensions } from "./rest-extensions.ts";

const KEY = "rest.extension.classes";

/**
 * Makes the extensions that `rest.extension.classes` names, in its order (KIP-285). They run in
 * the main thread, as they are part of its server.
 * @throws {ConnectError} naming the extension that cannot be had, or the key that it refuses
 */
export async function loadExtensions(
  names: readonly string[],
  registry: PluginRegistry,
  props: Props,
  clusterState: ConnectClusterState,
  logging: Logging,
): Promise<RestExtensions> {
  const extensions = new RestExtensions();
  try {
    for (const name of names) {
      const { extension, className, version } = await makeExtension(name, registry);
      parseConfig(extension.config(), props);
      await extension.configure(props);
      await extensions.open(className, extension, clusterState, logging.logger(className));
      logging.logger("rest").info(`REST extension ${className} ${version} is in use`);
    }
    return extensions;
  } catch (error) {
    await extensions[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeExtension(
  name: string,
  registry: PluginRegistry,
): Promise<{ extension: ConnectRestExtension; className: string; version: string }> {
  try {
    const location = registry.find("rest_extension", name);
    // Without extensions the main thread needs nothing of what runs plugins.
    const { loadPlugin } = await import("../../plugins/load.ts");
    const Extension = await loadPlugin(location);
    const extension = new Extension();
    const version = extension.version?.() ?? location.version;
    return { extension, className: location.class, version };
  } catch (error) {
    const known = registry.list("rest_extension").map((location) => location.class);
    throw new ConfigError(
      KEY,
      name,
      `${(error as Error).message}. Installed: ${known.join(", ") || "none"}. Install ${packageWith(name)} into a folder of plugin.path`,
      { cause: error },
    );
  }
}
