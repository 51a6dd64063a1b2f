import { ConfigError } from "../errors.ts";
import type { Props } from "../plugin.ts";
import type { ConfigDef, ParsedConfig } from "./def.ts";
import { parseKey } from "./parse.ts";

/** What validation says of one key. Passwords stay `Password` objects, which print as hidden. */
export interface ConfigValue {
  readonly name: string;
  /** The parsed value, or null when there is none or it could not be parsed. */
  readonly value: unknown;
  readonly recommendedValues: unknown[];
  /** Add to it to refuse the configuration. */
  readonly errors: string[];
  readonly visible: boolean;
}

/**
 * Checks every key of a table and collects what is wrong, required keys that are
 * missing included; keys not in the table are ignored (Java: `ConfigDef.validate`).
 */
export function validateConfig(def: ConfigDef, props: Props): ConfigValue[] {
  const parsed: Record<string, unknown> = {};
  const errors = new Map<string, string[]>();
  for (const [key, definition] of Object.entries(def)) {
    try {
      parsed[key] = parseKey(key, definition, Object.hasOwn(props, key) ? props[key] : undefined);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.set(key, [error.message]);
    }
  }
  for (const key of undefinedDependents(def)) {
    errors.set(key, [`${key} is referred in the dependents, but not defined.`]);
  }
  return [...new Set([...Object.keys(def), ...errors.keys()])].map((name) => ({
    name,
    value: parsed[name] ?? null,
    recommendedValues: [...recommended(def, name, parsed, errors)],
    errors: errors.get(name) ?? [],
    visible: def[name]?.visible?.(name, parsed) ?? true,
  }));
}

function undefinedDependents(def: ConfigDef): string[] {
  return Object.values(def).flatMap(({ dependents = [] }) =>
    dependents.filter((key) => !Object.hasOwn(def, key)),
  );
}

function recommended(
  def: ConfigDef,
  key: string,
  parsed: ParsedConfig,
  errors: Map<string, string[]>,
): readonly unknown[] {
  try {
    return def[key]?.recommend?.(key, parsed) ?? [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors.set(key, [...(errors.get(key) ?? []), error.message]);
    return [];
  }
}
