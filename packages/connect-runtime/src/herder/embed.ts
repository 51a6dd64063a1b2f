import type { ConfigDef, ConfigKey, ParsedConfig } from "@millrace/connect-api";

/**
 * A plugin's table as part of a connector's: keys get a prefix, and all of them one
 * group, in the order in which Java's `ConfigDef.embed` puts them. As there, the plugin's rules
 * know its keys by their own names.
 */
export function embed(
  def: ConfigDef,
  prefix: string,
  group: string,
  firstOrder: number,
): ConfigDef {
  const groups = [...new Set(Object.values(def).map((key) => key.group))];
  const sorted = Object.entries(def).toSorted(([nameA, a], [nameB, b]) =>
    compare({ name: nameA, key: a }, { name: nameB, key: b }, groups),
  );
  return Object.fromEntries(
    sorted.map(([name, key], i) => [
      prefix + name,
      {
        ...key,
        ...prefixedFunctions(key, prefix),
        nameInRules: name,
        group: key.group === undefined ? group : `${group}: ${key.group}`,
        orderInGroup: firstOrder + i,
        displayName: key.displayName ?? name,
        dependents: (key.dependents ?? []).map((dependent) => prefix + dependent),
      },
    ]),
  );
}

interface Named {
  readonly name: string;
  readonly key: ConfigKey;
}

const IMPORTANCE = ["HIGH", "MEDIUM", "LOW"];

function compare(a: Named, b: Named, groups: readonly (string | undefined)[]): number {
  const groupOf = ({ key }: Named) => (key.group === undefined ? -1 : groups.indexOf(key.group));
  const orderOf = ({ key }: Named) => key.orderInGroup ?? -1;
  const hasDefault = ({ key }: Named) => (key.default === undefined ? 0 : 1);
  const importance = ({ key }: Named) => IMPORTANCE.indexOf(key.importance);
  return (
    groupOf(a) - groupOf(b) ||
    orderOf(a) - orderOf(b) ||
    hasDefault(a) - hasDefault(b) ||
    importance(a) - importance(b) ||
    (a.name < b.name ? -1 : 1)
  );
}

/** The plugin's own functions see its own keys. */
function prefixedFunctions({ recommend, visible }: ConfigKey, prefix: string): Partial<ConfigKey> {
  const own = (config: ParsedConfig): ParsedConfig =>
    Object.fromEntries(
      Object.entries(config)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  return {
    ...(recommend && {
      recommend: (key: string, config: ParsedConfig) =>
        recommend(key.slice(prefix.length), own(config)),
    }),
    ...(visible && {
      visible: (key: string, config: ParsedConfig) =>
        visible(key.slice(prefix.length), own(config)),
    }),
  };
}
