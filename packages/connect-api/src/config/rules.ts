import { ConfigError } from "../errors.ts";
import type { ConfigKey } from "./def.ts";

/**
 * What is wrong with a value by the rules of its key, in the wording of Java's validators.
 * @throws {ConfigError} where Java's message is not the usual one of key and value
 */
export function ruleBroken(key: string, definition: ConfigKey, value: unknown): string | undefined {
  if (value === null) return undefined;
  const { min, max, oneOf, ignoreCase, nonEmpty, distinct, check } = definition;
  if (typeof value === "number" || typeof value === "bigint") {
    if (min !== undefined && value < min) return `Value must be at least ${min}`;
    if (max !== undefined && value > max) return `Value must be no more than ${max}`;
  }
  const texts =
    typeof value === "string" ? [value] : Array.isArray(value) ? (value as string[]) : [];
  if (nonEmpty && value === "") return "String must be non-empty";
  if (nonEmpty && Array.isArray(value) && value.length === 0) {
    throw new ConfigError(
      `Configuration '${key}' must not be empty. Valid values include: any non-empty value`,
    );
  }
  if (distinct && Array.isArray(value)) {
    if (new Set(texts).size < texts.length) {
      throw new ConfigError(`Configuration '${key}' values must not be duplicated.`);
    }
    if (texts.includes("")) {
      throw new ConfigError(`Configuration '${key}' values must not be empty.`);
    }
  }
  if (oneOf) {
    const same = (a: string, b: string) =>
      ignoreCase ? a.toLowerCase() === b.toLowerCase() : a === b;
    if (texts.some((text) => !oneOf.some((choice) => same(choice, text)))) {
      return choiceExpected(oneOf, ignoreCase);
    }
  }
  return check?.(value, key);
}

/**
 * What Java's validators say, besides, of a value that is missing or could not be parsed: they
 * see null then, and most of them refuse it, a range or a choice unless null is the default.
 */
export function nullRefused(key: string, definition: ConfigKey): string | undefined {
  const { nameInRules: named = key, type, default: value } = definition;
  const { min, max, oneOf, ignoreCase, nonEmpty, distinct, check, checksNull } = definition;
  if (value === null) return undefined;
  if (type === "LIST" && (nonEmpty || distinct)) {
    return `Configuration '${named}' values must not be null.`;
  }
  try {
    const why =
      min !== undefined || max !== undefined
        ? "Value must be non-null"
        : oneOf
          ? choiceExpected(oneOf, ignoreCase)
          : checksNull
            ? check?.(null, named)
            : undefined;
    return why && new ConfigError(named, null, why).message;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function choiceExpected(oneOf: readonly string[], ignoreCase = false): string {
  return `String must be one of${ignoreCase ? " (case insensitive)" : ""}: ${oneOf.join(", ")}`;
}
