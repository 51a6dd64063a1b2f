import type { ConfigDef, ConfigKey, Props } from "@millrace/connect-api";
import {
  OWN_SINK_CONFIG,
  OWN_SOURCE_CONFIG,
  SINK_CONNECTOR_CONFIG,
  SOURCE_CONNECTOR_CONFIG,
} from "../config/connector-config.ts";
import type { PluginLocation } from "../plugins/location.ts";
import { CONNECTOR_KINDS, type PluginRegistry } from "../plugins/registry.ts";

const SIDES = [
  ["key.converter", "converter"],
  ["value.converter", "converter"],
  ["header.converter", "header_converter"],
] as const;

/**
 * The keys every connector of a type has, with what depends on this worker: its own
 * converters as defaults, the installed plugins and versions as recommendations.
 */
export function frameworkTable(
  connector: PluginLocation,
  props: Props,
  workerProps: Props,
  registry: PluginRegistry,
): ConfigDef {
  const table: Record<string, ConfigKey> = { ...baseTable(connector, registry) };
  for (const [key, kind] of SIDES) {
    const workerClass = workerProps[key] ?? DEFAULT_CLASS[key];
    const className = props[key] ?? workerClass;
    const versions = className === undefined ? [] : registry.versions(kind, className.trim());
    table[key] = {
      ...table[key]!,
      default: workerClass ?? null,
      check: (value) =>
        classExists(value as string, registry)
          ? undefined
          : `Class ${value as string} could not be found.`,
      recommend: () => registry.list(kind).map((location) => location.class),
    };
    table[`${key}.plugin.version`] = {
      ...table[`${key}.plugin.version`]!,
      default: versions.at(-1) ?? null,
      recommend: () => versions,
      visible: () => className !== undefined && classExists(className, registry),
    };
  }
  return { ...table, ...ownKeys(connector, props) };
}

/** Of the keys that Java does not have, those that are given. */
function ownKeys({ kind }: PluginLocation, props: Props): ConfigDef {
  return Object.fromEntries(
    Object.entries(kind === "source" ? OWN_SOURCE_CONFIG : OWN_SINK_CONFIG).filter(([key]) =>
      Object.hasOwn(props, key),
    ),
  );
}

/** The keys of a connector's type, as they are without a configuration. */
export function baseTable(
  connector: PluginLocation,
  registry: PluginRegistry,
): Readonly<Record<string, ConfigKey>> {
  const table: Record<string, ConfigKey> =
    connector.kind === "source" ? { ...SOURCE_CONNECTOR_CONFIG } : { ...SINK_CONNECTOR_CONFIG };
  const versions = registry.versions(CONNECTOR_KINDS, connector.class);
  table["connector.plugin.version"] = {
    ...table["connector.plugin.version"]!,
    default: versions.at(-1) ?? null,
    recommend: () => versions,
  };
  return table;
}

const DEFAULT_CLASS: Readonly<Record<string, string>> = {
  "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter",
};

/** Any plugin class will do here: whether it is of the right kind is checked when it is loaded. */
function classExists(name: string, registry: PluginRegistry): boolean {
  const trimmed = name.trim();
  return (
    registry.has(["converter", "header_converter"], trimmed) ||
    registry.locations.some((location) => location.class === trimmed)
  );
}
