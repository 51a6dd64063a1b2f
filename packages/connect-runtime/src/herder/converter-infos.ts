import { type ConfigValue, type Props, validateConfig } from "@millrace/connect-api";
import { withoutPrefix } from "../config/properties.ts";
import { loadPlugin } from "../plugins/load.ts";
import { PluginNotFoundError, type PluginRegistry } from "../plugins/registry.ts";
import type { ConfigInfo } from "./config-infos.ts";
import { definitionsOf, valueInfoOf } from "./definitions.ts";
import { inJavaOrder } from "./java-order.ts";
import { shownKeys } from "./shown-keys.ts";

const KINDS = {
  key: { kind: "converter", type: "Converter" },
  value: { kind: "converter", type: "Converter" },
  header: { kind: "header_converter", type: "HeaderConverter" },
} as const;

export interface ConverterInfos {
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
}

const NONE: ConverterInfos = { groups: [], configs: [] };

/**
 * Checks the converter a connector names for one side, by the converter's own table. What
 * is wrong with the class itself is added to the errors of its key.
 * @param values the connector's own keys as validated so far
 */
export async function converterInfos(
  side: keyof typeof KINDS,
  props: Props,
  values: ReadonlyMap<string, ConfigValue>,
  registry: PluginRegistry,
): Promise<ConverterInfos> {
  const key = `${side}.converter`;
  const classValue = values.get(key);
  const className = props[key];
  if (className === undefined || classValue === undefined || classValue.errors.length > 0) {
    return NONE;
  }
  const { kind, type } = KINDS[side];
  try {
    const Plugin = await loadPlugin(
      registry.find(kind, className.trim(), props[`${key}.plugin.version`]),
    );
    const prefix = `${key}.`;
    const def = shownKeys(new Plugin().config(), props, prefix);
    const checked = new Map(
      validateConfig(def, { "converter.type": side, ...withoutPrefix(props, prefix) }).map(
        (value) => [value.name, value],
      ),
    );
    const definitions = definitionsOf(def, prefix);
    const ordered = inJavaOrder(checked.keys());
    return {
      groups: ordered.flatMap((name) => def[name]?.group ?? []),
      configs: ordered.map((name) => ({
        definition: definitions.get(prefix + name) ?? null,
        value: valueInfoOf(checked.get(name)!, def[name]?.type, prefix),
      })),
    };
  } catch (error) {
    blame(error as Error, className, type, classValue, values.get(`${key}.plugin.version`));
    return NONE;
  }
}

function blame(
  error: Error,
  className: string,
  type: string,
  classValue: ConfigValue,
  versionValue: ConfigValue | undefined,
): void {
  const miss = error instanceof PluginNotFoundError ? error.miss : undefined;
  switch (miss) {
    case "unknown":
      classValue.errors.push(`Class class ${className} does not implement the ${type} interface`);
      break;
    case "version":
      classValue.errors.push(error.message);
      versionValue?.errors.push(error.message);
      break;
    case "ambiguous":
    case undefined:
      classValue.errors.push(`Failed to load class ${className}: ${error.message}`);
      break;
  }
}
