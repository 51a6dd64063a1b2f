import { ConfigError } from "../errors.ts";
import { doubleText } from "../java-number.ts";
import { javaText } from "../java-text.ts";
import type { Props } from "../plugin.ts";
import type { ConfigDef, ConfigKey, ConfigOf } from "./def.ts";
import { Password } from "./password.ts";
import { ruleBroken } from "./rules.ts";

const INTEGER_LIMIT = { SHORT: 2n ** 15n, INT: 2n ** 31n, LONG: 2n ** 63n } as const;

/**
 * Types and checks raw configuration by a table; keys not in the table are ignored.
 * LONG values are numbers: beyond 2^53 they are rounded.
 * @throws {ConfigError} for the first key that is missing or wrong, in Java's wording
 */
export function parseConfig<D extends ConfigDef>(def: D, props: Props): ConfigOf<D> {
  const config: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(def)) {
    config[key] = parseKey(key, definition, Object.hasOwn(props, key) ? props[key] : undefined);
  }
  return config as ConfigOf<D>;
}

/**
 * The typed value of one key: the default when there is no text.
 * @throws {ConfigError} when it is missing, does not parse, or breaks a rule
 */
export function parseKey(key: string, definition: ConfigKey, text: string | undefined): unknown {
  if (text === undefined && definition.default === undefined) {
    throw new ConfigError(`Missing required configuration "${key}" which has no default value.`);
  }
  const value = text === undefined ? defaultOf(definition) : parseText(key, definition, text);
  const refused = refusal(key, definition, value);
  if (refused !== undefined) throw refused;
  return typeof value === "bigint" ? Number(value) : value;
}

/** The error of a value that breaks a rule of its key. */
export function refusal(
  key: string,
  definition: ConfigKey,
  value: unknown,
): ConfigError | undefined {
  const named = definition.nameInRules ?? key;
  try {
    const wrong = ruleBroken(named, definition, value);
    if (wrong === undefined) return undefined;
    const shown = Array.isArray(value) ? javaText(null, value) : printed(definition, value);
    return new ConfigError(named, shown, wrong);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The default as parsing gives it; null where there is none. */
export function defaultOf(definition: ConfigKey): unknown {
  const { type, default: value = null } = definition;
  return type === "PASSWORD" && typeof value === "string" ? new Password(value) : value;
}

/** @throws {ConfigError} in the wording of Java's `ConfigDef.parseType` */
export function parseText(key: string, definition: ConfigKey, text: string): unknown {
  const { type, keepDuplicates, distinct } = definition;
  return type === "LIST" && (keepDuplicates || distinct)
    ? parseList(text.trim())
    : parseType(key, definition.type, text);
}

function parseList(text: string): string[] {
  return text === "" ? [] : text.split(/\s*,\s*/);
}

/** @throws {ConfigError} in the wording of Java's `ConfigDef.parseType` */
export function parseType(key: string, type: ConfigKey["type"], raw: string): unknown {
  // A password keeps its blanks: they may be part of the secret.
  const text = raw.trim();
  switch (type) {
    case "BOOLEAN":
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw new ConfigError(key, raw, "Expected value to be either true or false");
    case "PASSWORD":
      return new Password(text);
    case "STRING":
    case "CLASS":
      return text;
    case "SHORT":
    case "INT":
    case "LONG":
      return parseInteger(key, type, raw, text);
    case "DOUBLE": {
      // Number reads 0x10 and 0b1 too.
      const number = /^[+-]?(?:\d|\.\d)[\d.eE+-]*$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(number)) throw new ConfigError(key, raw, "Not a number of type DOUBLE");
      return number;
    }
    case "LIST":
      return [...new Set(parseList(text))];
  }
}

function parseInteger(
  key: string,
  type: "SHORT" | "INT" | "LONG",
  raw: string,
  text: string,
): number | bigint {
  const limit = INTEGER_LIMIT[type];
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  if (value === undefined || value < -limit || value >= limit) {
    throw new ConfigError(key, raw, `Not a number of type ${type}`);
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A value as messages and REST answers show it; secrets are hidden (I5). */
export function printed(definition: Pick<ConfigKey, "type">, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (definition.type === "PASSWORD") return "[hidden]";
  if (Array.isArray(value)) return value.join(",");
  return definition.type === "DOUBLE" ? doubleText(Number(value)) : javaText(null, value);
}
