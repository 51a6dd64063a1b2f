import { type ConfigDef, parseType, type Props } from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import { PluginNotFoundError, type PluginRegistry } from "../plugins/registry.ts";
import { embed } from "./embed.ts";
import { shownKeys } from "./shown-keys.ts";

/** What is to be said of a key besides what its table says. */
export interface Verdict {
  readonly value: string | null;
  readonly errors: readonly string[];
}

/** A table made for one configuration, with verdicts that override its own checks. */
export interface AliasTable {
  readonly def: ConfigDef;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

interface AliasKind {
  readonly list: "transforms" | "predicates";
  readonly kind: "transformation" | "predicate";
  readonly group: string;
  readonly label: string;
  /** Keys the framework reads itself, for every plugin of the kind. */
  readonly implied: ConfigDef;
}

const TRANSFORMS: AliasKind = {
  list: "transforms",
  kind: "transformation",
  group: "Transforms",
  label: "Transformation",
  implied: {
    predicate: {
      type: "STRING",
      default: null,
      importance: "MEDIUM",
      doc: "Name of the predicate that decides which records are transformed.",
    },
    negate: {
      type: "BOOLEAN",
      default: false,
      importance: "MEDIUM",
      doc: "Transform the records that the predicate is not true of.",
    },
  },
};

const PREDICATES: AliasKind = {
  list: "predicates",
  kind: "predicate",
  group: "Predicates",
  label: "Predicate",
  implied: {},
};

/**
 * The keys that a configuration's `transforms` and `predicates` bring with them: type and
 * version of each alias, then its plugin's own (Java: `ConnectorConfig.enrich`). Loads the
 * plugins.
 */
export async function aliasTable(props: Props, registry: PluginRegistry): Promise<AliasTable> {
  const tables: AliasTable[] = [];
  for (const kind of [TRANSFORMS, PREDICATES]) {
    for (const alias of aliasesOf(props[kind.list])) {
      tables.push(await tableOf(kind, alias, props, registry));
    }
  }
  return {
    def: Object.assign({}, ...tables.map(({ def }) => def)) as ConfigDef,
    verdicts: new Map(tables.flatMap(({ verdicts }) => [...verdicts])),
  };
}

function aliasesOf(list: string | undefined): string[] {
  return list === undefined ? [] : (parseType("", "LIST", list) as string[]);
}

async function tableOf(
  kind: AliasKind,
  alias: string,
  props: Props,
  registry: PluginRegistry,
): Promise<AliasTable> {
  const prefix = `${kind.list}.${alias}.`;
  const group = `${kind.group}: ${alias}`;
  const typeKey = `${prefix}type`;
  const versionKey = `${prefix}plugin.version`;
  const className = props[typeKey]?.trim();
  const versions = className === undefined ? [] : registry.versions(kind.kind, className);
  const head: ConfigDef = {
    [typeKey]: {
      type: "CLASS",
      importance: "HIGH",
      doc: `Class of the ${kind.kind} ${alias}.`,
      group,
      orderInGroup: 0,
      width: "LONG",
      displayName: `${kind.label} type for ${alias}`,
      recommend: () => registry.list(kind.kind).map((location) => location.class),
    },
    [versionKey]: {
      type: "STRING",
      default: versions.at(-1) ?? null,
      importance: "HIGH",
      doc: `Version or version range of the ${kind.kind} ${alias}.`,
      group,
      orderInGroup: 1,
      width: "LONG",
      displayName: `${kind.label} version for ${alias}`,
      recommend: () => versions,
    },
  };
  if (className === undefined) return { def: head, verdicts: new Map() };
  let def = head;
  let verdicts = new Map<string, Verdict>();
  try {
    const Plugin = await loadPlugin(registry.find(kind.kind, className, props[versionKey]));
    const own = { ...kind.implied, ...shownKeys(new Plugin().config(), props, prefix) };
    def = { ...head, ...embed(own, prefix, group, 2) };
  } catch (error) {
    verdicts = verdictsOn(error as Error, kind, className, prefix, registry);
    const version = verdicts.get(versionKey);
    if (version) verdicts.set(versionKey, { ...version, value: props[versionKey] ?? null });
  }
  const problem = missingPredicate(kind, prefix, props);
  if (problem !== undefined) {
    // Java looks for the class before, and for what is wrong with it after.
    const { value, errors } = verdicts.get(typeKey) ?? { value: className, errors: [] };
    verdicts.set(typeKey, { value, errors: [...(value === null ? errors : []), problem] });
  }
  return { def, verdicts };
}

/** What is wrong when a transformation negates a predicate that it does not have. */
function missingPredicate(kind: AliasKind, prefix: string, props: Props): string | undefined {
  const [negate, predicate] = [`${prefix}negate`, `${prefix}predicate`];
  if (!("negate" in kind.implied) || !(negate in props) || predicate in props) return undefined;
  return `Config '${negate}' was provided but there is no config '${predicate}' defining a predicate to be negated.`;
}

/** What a plugin that could not be loaded means for its keys. */
function verdictsOn(
  error: Error,
  kind: AliasKind,
  className: string,
  prefix: string,
  registry: PluginRegistry,
): Map<string, Verdict> {
  const miss = error instanceof PluginNotFoundError ? error.miss : undefined;
  const typeKey = `${prefix}type`;
  switch (miss) {
    case "version":
      return new Map([
        [typeKey, { value: className, errors: [error.message] }],
        [`${prefix}plugin.version`, { value: null, errors: [error.message] }],
      ]);
    case "unknown":
      return new Map([[typeKey, unknownClass(kind, className, typeKey, registry)]]);
    case "ambiguous":
    case undefined: {
      const message = `Error getting config definition from ${kind.label}: ${error.message}`;
      return new Map([[typeKey, { value: className, errors: [message] }]]);
    }
  }
}

function unknownClass(
  kind: AliasKind,
  className: string,
  key: string,
  registry: PluginRegistry,
): Verdict {
  const nested = registry
    .list(kind.kind)
    .map((location) => location.class)
    .filter((name) => name.startsWith(`${className}$`));
  if (nested.length > 0) {
    // Java's outer class of HoistField$Key and HoistField$Value exists, but is abstract.
    const choices = [...new Set(nested)].join(", ");
    return {
      value: className,
      errors: [`This class is abstract and cannot be created. Did you mean ${choices}?`],
    };
  }
  if (registry.locations.some((location) => location.class === className)) {
    const error = `Class class ${className} does not implement the ${kind.label} interface`;
    return { value: className, errors: [error] };
  }
  return {
    value: null,
    errors: [
      `Invalid value ${className} for configuration ${key}: Class ${className} could not be found.`,
    ],
  };
}
