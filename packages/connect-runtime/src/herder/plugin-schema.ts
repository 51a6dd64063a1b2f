import { type ConfigDef, type ConfigKey, defaultOf, printed } from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { baseTable } from "./framework-table.ts";
import { LISTED_KINDS } from "./validate.ts";

/** A JSON Schema, of the dialect 2020-12; plain data. */
export type PluginSchema = Readonly<Record<string, unknown>>;

/** A value may be a variable of a config provider, which stands for any text. */
const VARIABLE = String.raw`\$\{`;
const PATTERNS = {
  BOOLEAN: String.raw`^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\s*$|${VARIABLE}`,
  INTEGER: String.raw`^\s*[+-]?\d+\s*$|${VARIABLE}`,
  NUMBER: String.raw`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$|${VARIABLE}`,
} as const;

/**
 * The configuration of a plugin as a JSON Schema, for editors and tools that check configurations
 * without a worker. It is more generous than validation, which knows more: keys of converters,
 * transformations and clients are let through.
 * @throws {PluginNotFoundError}
 */
export async function pluginSchema(
  pluginClass: string,
  version: string | undefined,
  registry: PluginRegistry,
): Promise<PluginSchema> {
  const location = registry.find(LISTED_KINDS, pluginClass, version);
  const Plugin = await loadPlugin(location);
  const own: ConfigDef = new Plugin().config();
  const isConnector = location.kind === "source" || location.kind === "sink";
  const table = isConnector ? { ...baseTable(location, registry), ...own } : own;
  return {
    ...jsonSchema(table),
    title: location.class,
    description: `Configuration of ${location.class} ${location.version} (${location.kind}), from package ${location.package}`,
  };
}

/** A configuration table as a JSON Schema; internal keys are left out. */
export function jsonSchema(table: ConfigDef): PluginSchema {
  const keys = Object.entries(table).filter(([, key]) => !key.internal);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(keys.map(([name, key]) => [name, property(name, key)])),
    required: keys.flatMap(([name, key]) => (key.default === undefined ? [name] : [])),
    additionalProperties: { type: ["string", "number", "boolean"] },
  };
}

function property(name: string, key: ConfigKey): PluginSchema {
  const text = defaultOf(key);
  return {
    title: key.displayName ?? name,
    description: key.doc,
    ...valueSchema(key),
    ...(text !== null && text !== undefined && key.type !== "PASSWORD" && { default: plain(key) }),
    "x-importance": key.importance,
    ...(key.group !== undefined && { "x-group": key.group }),
  };
}

/** What a key takes: a text, or the JSON value that worker and clients make a text of. */
function valueSchema(key: ConfigKey): PluginSchema {
  switch (key.type) {
    case "BOOLEAN":
      return { type: ["boolean", "string"], pattern: PATTERNS.BOOLEAN };
    case "INT":
    case "SHORT":
    case "LONG":
      return { type: ["integer", "string"], pattern: PATTERNS.INTEGER, ...bounds(key) };
    case "DOUBLE":
      return { type: ["number", "string"], pattern: PATTERNS.NUMBER, ...bounds(key) };
    case "PASSWORD":
      return { type: "string", format: "password", writeOnly: true };
    case "LIST":
      return { type: "string", ...(key.nonEmpty && { minLength: 1 }), ...listChoices(key) };
    default:
      return { type: "string", ...(key.nonEmpty && { minLength: 1 }), ...choices(key) };
  }
}

function bounds({ min, max }: ConfigKey): PluginSchema {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

function choices({ oneOf, ignoreCase }: ConfigKey): PluginSchema {
  if (oneOf === undefined) return {};
  // The dialect has no way to disregard the case: then these are only to be offered.
  if (ignoreCase) return { examples: oneOf };
  return { anyOf: [{ enum: oneOf }, { pattern: VARIABLE }] };
}

/** Elements are separated by commas, within one text. */
function listChoices({ oneOf }: ConfigKey): PluginSchema {
  return oneOf === undefined ? {} : { examples: oneOf };
}

function plain(key: ConfigKey): unknown {
  const value = defaultOf(key);
  return typeof value === "number" || typeof value === "boolean" ? value : printed(key, value);
}
