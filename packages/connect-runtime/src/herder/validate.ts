import {
  type ConfigDef,
  type ConfigKey,
  type ConfigType,
  type ConfigValue,
  type Connector,
  nullRefused,
  type Props,
  type SourceConnector,
  validateConfig,
} from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginLocation } from "../plugins/location.ts";
import { CONNECTOR_KINDS, PluginNotFoundError, type PluginRegistry } from "../plugins/registry.ts";
import { aliasTable } from "./alias-table.ts";
import { BadRequestError, connectorClassOf } from "./bad-request.ts";
import { validateOverrides } from "./client-overrides.ts";
import type { ConfigInfo, ConfigInfos, Definition } from "./config-infos.ts";
import { checkSink, checkSinkGroup, checkSource } from "./connector-rules.ts";
import { converterInfos } from "./converter-infos.ts";
import { definitionsOf, groupsOf, valueInfoOf } from "./definitions.ts";
import { baseTable, frameworkTable } from "./framework-table.ts";
import { shownKeys } from "./shown-keys.ts";

/**
 * Validates a connector configuration, in the order of Java's
 * `AbstractHerder.validateConnectorConfig`. Runs the plugins' code: call it in a thread
 * that may be blocked by it.
 * @param props the submitted configuration, variables resolved
 * @throws {BadRequestError} when there is no connector to ask
 * @throws {ConfigError} for a client override that does not parse
 */
export async function validateConnector(
  props: RawProps,
  registry: PluginRegistry,
  workerProps: Props,
): Promise<ConfigInfos> {
  const className = connectorClassOf(props);
  const given = withoutNulls(props);
  const found = findConnector(className, given["connector.plugin.version"], registry);
  if ("refused" in found) return versionRefused(className, found.refused);
  const { location } = found;
  const connector = await instantiate(location);

  const aliases = await aliasTable(given, registry);
  const table = { ...frameworkTable(location, given, workerProps, registry), ...aliases.def };
  const values = new Map(
    validateConfig(table, given).map((value) => [
      value.name,
      { ...value, ...copyOf(aliases.verdicts.get(value.name)) },
    ]),
  );
  showClasses(table, values, registry);
  if (location.kind === "sink") {
    checkSink(given, values);
    checkSinkGroup(given, workerProps, values);
  } else checkSource(connector as SourceConnector, given, workerProps, values);
  const nulls = Object.keys(props).filter((key) => props[key] === null);
  for (const key of nulls) refuseNull(key, table[key], values);

  const header = await converterInfos("header", given, values, registry);
  const key = await converterInfos("key", given, values, registry);
  const value = await converterInfos("value", given, values, registry);
  const overrides = await validateOverrides(location, given, workerProps, registry);

  const wholeTable = connectorTable(connector, location);
  const ownTable = shownKeys(wholeTable, given);
  for (const own of await connectorValues(connector, location, given)) {
    if (own.name in wholeTable && !(own.name in ownTable)) continue;
    values.set(own.name, nulls.includes(own.name) ? { ...own, value: null, errors: [] } : own);
  }
  const configs = [
    ...merge(new Map([...definitionsOf(table), ...definitionsOf(ownTable)]), values),
    ...overrides,
    ...key.configs,
    ...value.configs,
    ...header.configs,
  ];
  return {
    name: className,
    error_count: configs.reduce((count, config) => count + config.value.errors.length, 0),
    groups: [
      ...new Set([
        ...groupsOf(table),
        ...groupsOf(ownTable),
        ...key.groups,
        ...value.groups,
        ...header.groups,
      ]),
    ],
    configs,
  };
}

/**
 * The configuration table of a plugin: its own keys, for connectors followed by those all
 * connectors of the type have.
 * @throws {PluginNotFoundError} when there is no such plugin or version
 */
export async function pluginConfig(
  pluginClass: string,
  version: string | undefined,
  registry: PluginRegistry,
): Promise<Definition[]> {
  const location = registry.find(LISTED_KINDS, pluginClass, version);
  const Plugin = await loadPlugin(location);
  const own = definitionsOf(shownKeys(new Plugin().config(), {}));
  const isConnector = location.kind === "source" || location.kind === "sink";
  const base = isConnector ? definitionsOf(baseTable(location, registry)) : new Map();
  return [...new Map<string, Definition>([...own, ...base, ...own]).values()];
}

/** Kinds whose tables REST shows. */
export const LISTED_KINDS = [
  ...CONNECTOR_KINDS,
  "transformation",
  "predicate",
  "converter",
  "header_converter",
  "config_provider",
  "rest_extension",
  "client_config_override_policy",
] as const;

function findConnector(
  className: string,
  range: string | undefined,
  registry: PluginRegistry,
): { location: PluginLocation & { kind: "source" | "sink" } } | { refused: string } {
  try {
    return { location: registry.find(CONNECTOR_KINDS, className, range) };
  } catch (error) {
    if (!(error instanceof PluginNotFoundError)) return { refused: (error as Error).message };
    if (error.miss === "version") return { refused: error.message };
    if (error.miss === "ambiguous") throw new BadRequestError(error.message, { cause: error });
    const available = CONNECTOR_KINDS.flatMap((kind) => registry.list(kind))
      .map((location) => `${location.class} ${location.version}`)
      .join(", ");
    throw new BadRequestError(
      `Failed to find any class that implements Connector and which name matches ${className}, available connectors are: ${available}`,
      { cause: error },
    );
  }
}

async function instantiate(
  location: PluginLocation & { kind: "source" | "sink" },
): Promise<Connector> {
  try {
    const ConnectorClass = await loadPlugin(location);
    return new ConnectorClass();
  } catch (error) {
    throw new BadRequestError((error as Error).message, { cause: error });
  }
}

/** Java says it of both keys, and checks nothing else. */
function versionRefused(className: string, error: string): ConfigInfos {
  const definition = definitionsOf({
    "connector.class": { type: "STRING", importance: "HIGH", doc: "Class of the connector." },
    "connector.plugin.version": {
      type: "STRING",
      default: null,
      importance: "MEDIUM",
      doc: "Version or version range of the connector.",
    },
  });
  const configs = [...definition].map(([name, info]) => ({
    definition: info,
    value: {
      name,
      value: name === "connector.class" ? className : null,
      recommended_values: [],
      errors: [error],
      visible: true,
    },
  }));
  return { name: className, error_count: 2, groups: [], configs };
}

function withoutNulls(props: RawProps): Props {
  return Object.fromEntries(
    Object.entries(props).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function copyOf(
  verdict: { value: string | null; errors: readonly string[] } | undefined,
): { value: string | null; errors: string[] } | undefined {
  return verdict && { value: verdict.value, errors: [...verdict.errors] };
}

/** A class named by its simple name is shown with its full one, a converter that is not there not at all. */
function showClasses(
  table: ConfigDef,
  values: Map<string, ConfigValue>,
  registry: PluginRegistry,
): void {
  for (const [name, value] of values) {
    if (table[name]?.type !== "CLASS" || typeof value.value !== "string") continue;
    if (name.endsWith(".converter") && value.errors.length > 0) {
      values.set(name, { ...value, value: null });
    }
    for (const kind of ["transformation", "predicate", "converter", "header_converter"] as const) {
      if (!registry.has(kind, value.value)) continue;
      values.set(name, { ...value, value: registry.find(kind, value.value).class });
      break;
    }
  }
}

function refuseNull(
  key: string,
  definition: ConfigKey | undefined,
  values: Map<string, ConfigValue>,
): void {
  const byRule = definition && nullRefused(key, definition);
  values.set(key, {
    name: key,
    value: null,
    recommendedValues: values.get(key)?.recommendedValues ?? [],
    errors: [
      ...(byRule === undefined ? [] : [byRule]),
      "Null value can not be supplied as the configuration value.",
    ],
    visible: true,
  });
}

function connectorTable(connector: Connector, location: PluginLocation): ConfigDef {
  const table = connector.config() as ConfigDef | null | undefined;
  if (table) return table;
  throw new BadRequestError(`${location.class}.config() must return a ConfigDef that is not null.`);
}

async function connectorValues(
  connector: Connector,
  location: PluginLocation,
  props: Props,
): Promise<ConfigValue[]> {
  const values = (await connector.validate(props)) as ConfigValue[] | null | undefined;
  if (values) return values;
  throw new BadRequestError(`${location.class}.validate() must return a Config that is not null.`);
}

/** Values without a definition first, then all definitions in their order. */
function merge(
  definitions: ReadonlyMap<string, Definition>,
  values: ReadonlyMap<string, ConfigValue>,
): ConfigInfo[] {
  const undefinedKeys = [...values.values()].filter(({ name }) => !definitions.has(name));
  return [
    ...undefinedKeys.map((value) => ({ definition: null, value: valueInfoOf(value, undefined) })),
    ...[...definitions].flatMap(([name, definition]) => {
      const value = values.get(name);
      if (value === undefined) return [];
      // `definitionsOf` wrote the type, from a table.
      return [{ definition, value: valueInfoOf(value, definition.type as ConfigType) }];
    }),
  ];
}
