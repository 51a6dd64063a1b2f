import { existsSync } from "node:fs";
import { resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { ConnectError } from "@millrace/connect-api";
import { apiMismatch } from "./api-range.ts";
import type { PluginKind, PluginLocation } from "./location.ts";

/** The newest manifest format this worker reads. */
const MANIFEST_API = 1;

const KINDS: ReadonlySet<string> = new Set<PluginKind>([
  "source",
  "sink",
  "converter",
  "header_converter",
  "transformation",
  "predicate",
  "config_provider",
  "rest_extension",
  "client_config_override_policy",
]);

type Json = Readonly<Record<string, unknown>>;

/** True for a package.json that says it carries plugins, rightly or wrongly. */
export function hasManifest(packageJson: unknown): packageJson is Json {
  return isObject(packageJson) && packageJson["kafkaConnect"] !== undefined;
}

/**
 * The plugins of a package, from the `kafkaConnect` key of its package.json. Nothing of
 * the package is run.
 * @throws {ConnectError} saying which entry is wrong and what it should be
 */
export function readManifest(packageJson: Json, directory: string): PluginLocation[] {
  const manifest = packageJson["kafkaConnect"];
  if (!isObject(manifest)) throw new ConnectError(`"kafkaConnect" must be an object`);
  const api = manifest["api"];
  if (!Number.isInteger(api) || (api as number) < 1) {
    throw new ConnectError(`"kafkaConnect.api" must be ${MANIFEST_API}, the manifest format`);
  }
  if ((api as number) > MANIFEST_API) {
    throw new ConnectError(
      `its manifest has format ${String(api)}, this worker reads ${MANIFEST_API}: update the worker, or install an older version of the package`,
    );
  }
  const plugins = manifest["plugins"];
  if (!Array.isArray(plugins) || plugins.length === 0) {
    throw new ConnectError(`"kafkaConnect.plugins" must list at least one plugin`);
  }
  const name = textOf(packageJson, "name", "package.json");
  const packageVersion = textOf(packageJson, "version", "package.json");
  const unusable = apiMismatch(packageJson);
  return plugins.map((plugin: unknown, i) => {
    const where = `kafkaConnect.plugins[${i}]`;
    if (!isObject(plugin)) throw new ConnectError(`"${where}" must be an object`);
    return {
      kind: kindOf(plugin, where),
      class: textOf(plugin, "class", where),
      aliases: aliasesOf(plugin, where),
      version: plugin["version"] === undefined ? packageVersion : textOf(plugin, "version", where),
      package: name,
      packageVersion,
      directory,
      module: moduleOf(packageJson, plugin, directory, where),
      export: textOf(plugin, "export", where),
      ...(unusable !== undefined && { unusable }),
    };
  });
}

function kindOf(plugin: Json, where: string): PluginKind {
  const kind = textOf(plugin, "kind", where);
  if (KINDS.has(kind)) return kind as PluginKind;
  throw new ConnectError(`"${where}.kind" is "${kind}", must be one of: ${[...KINDS].join(", ")}`);
}

function aliasesOf(plugin: Json, where: string): string[] {
  const aliases = plugin["aliases"] ?? [];
  if (Array.isArray(aliases) && aliases.every((alias) => typeof alias === "string")) return aliases;
  throw new ConnectError(`"${where}.aliases" must be a list of names`);
}

function moduleOf(packageJson: Json, plugin: Json, directory: string, where: string): string {
  const written = textOf(plugin, "module", where);
  const path = resolve(directory, sourceOf(packageJson, written) ?? written);
  if (!path.startsWith(directory + sep)) {
    throw new ConnectError(`"${where}.module" leads out of the package: ${written}`);
  }
  if (!existsSync(path)) {
    throw new ConnectError(`"${where}.module" does not exist: ${path} (is the package built?)`);
  }
  return pathToFileURL(path).href;
}

/**
 * The source file that stands for a built one in this repository: where the process runs
 * with the condition `@millrace/source`, plugins run from source like all else.
 */
function sourceOf(packageJson: Json, module: string): string | undefined {
  if (!runsFromSource()) return undefined;
  const entries = isObject(packageJson["exports"]) ? Object.values(packageJson["exports"]) : [];
  const entry = entries.find((value) => isObject(value) && value["default"] === module);
  const source = (entry as Json | undefined)?.["@millrace/source"];
  return typeof source === "string" ? source : undefined;
}

function runsFromSource(): boolean {
  return import.meta.url.endsWith(".ts");
}

function textOf(object: Json, key: string, where: string): string {
  const value = object[key];
  if (typeof value === "string" && value !== "") return value;
  throw new ConnectError(`"${key}" of ${where} must be a text`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
