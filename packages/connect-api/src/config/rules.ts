import type { ConfigKey } from "./def.ts";

/** What is wrong with a value by the rules of its key, in the wording of Java's validators. */
export function ruleBroken(key: string, definition: ConfigKey, value: unknown): string | undefined {
  if (value === null) return undefined;
  const { min, max, oneOf, ignoreCase, nonEmpty, check } = definition;
  if (typeof value === "number" || typeof value === "bigint") {
    if (min !== undefined && value < min) return `Value must be at least ${min}`;
    if (max !== undefined && value > max) return `Value must be no more than ${max}`;
  }
  const texts =
    typeof value === "string" ? [value] : Array.isArray(value) ? (value as string[]) : [];
  if (nonEmpty && (value === "" || (Array.isArray(value) && value.length === 0))) {
    return Array.isArray(value)
      ? "Configuration list must not be empty"
      : "String must be non-empty";
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
 * What Java's validators say, besides, of a value that is missing or could not be parsed:
 * they see null then, and a range or a choice refuses it unless null is the default.
 */
export function nullRefused({
  min,
  max,
  oneOf,
  default: value,
  ignoreCase,
}: ConfigKey): string | undefined {
  if (value === null) return undefined;
  if (min !== undefined || max !== undefined) return "Value must be non-null";
  return oneOf && choiceExpected(oneOf, ignoreCase);
}

function choiceExpected(oneOf: readonly string[], ignoreCase = false): string {
  return `String must be one of${ignoreCase ? " (case insensitive)" : ""}: ${oneOf.join(", ")}`;
}
