import { ConfigError } from "../errors.ts";
import type { Props } from "../plugin.ts";
import type { ConfigDef, ConfigKey, ParsedConfig } from "./def.ts";
import { defaultOf, parseText, refusal } from "./parse.ts";
import { nullRefused } from "./rules.ts";

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
    const { value, problems } = check(
      key,
      definition,
      Object.hasOwn(props, key) ? props[key] : undefined,
    );
    if (value !== null) parsed[key] = value;
    if (problems.length > 0) errors.set(key, problems);
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

/** The value of one key as far as there is one: a value that breaks a rule is kept. */
function check(
  key: string,
  definition: ConfigKey,
  text: string | undefined,
): { value: unknown; problems: string[] } {
  const refusedNull = nullRefused(key, definition);
  const besides = refusedNull === undefined ? [] : [refusedNull];
  if (text === undefined && definition.default === undefined) {
    const missing = `Missing required configuration "${key}" which has no default value.`;
    return { value: null, problems: [missing, ...besides] };
  }
  let value: unknown;
  try {
    value = text === undefined ? defaultOf(definition) : parseText(key, definition, text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { value: null, problems: [error.message, ...besides] };
  }
  const refused = refusal(key, definition, value);
  return { value, problems: refused === undefined ? [] : [refused.message] };
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
