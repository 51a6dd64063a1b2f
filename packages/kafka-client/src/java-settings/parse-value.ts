import { KafkaError } from "../errors.ts";
import type { JavaKey } from "./java-keys.ts";

export type SettingValue = string | number | boolean | string[];

const RANGES: Partial<Record<JavaKey["type"], readonly [bigint, bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * A setting's value as Java's ConfigDef.parseType and its validators take it.
 * @throws KafkaError INVALID_CONFIG in Java's words; the value of a password is not in it
 */
export function parseValue(name: string, definition: JavaKey, text: string): SettingValue {
  const trimmed = definition.type === "password" ? text : text.trim();
  const fail = (why: string): never => {
    const shown = definition.type === "password" ? "[hidden]" : text;
    throw new KafkaError(
      "INVALID_CONFIG",
      `Invalid value ${shown} for configuration ${name}: ${why}`,
    );
  };
  const value = parse(definition.type, trimmed, fail);
  if (typeof value === "number") checkRange(definition, value, fail);
  if (typeof value === "string") checkText(definition, value, fail);
  return value;
}

function parse(type: JavaKey["type"], text: string, fail: (why: string) => never): SettingValue {
  switch (type) {
    case "boolean":
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      return fail("Expected value to be either true or false");
    case "short":
    case "int":
    case "long":
      return parseInteger(type, text, fail);
    case "double": {
      const number = Number(text);
      return text === "" || Number.isNaN(number) ? fail("Not a number of type DOUBLE") : number;
    }
    case "list":
      return text === "" ? [] : text.split(/\s*,\s*/);
    case "string":
    case "class":
    case "password":
      return text;
  }
}

function parseInteger(
  type: "short" | "int" | "long",
  text: string,
  fail: (why: string) => never,
): number {
  const [low, high] = RANGES[type]!;
  const number = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
  if (number === undefined || number < low || number > high)
    return fail(`Not a number of type ${type.toUpperCase()}`);
  // Long.MAX_VALUE stands for "for ever": a number that is not exact says that too.
  return Number(number);
}

function checkRange({ min, max }: JavaKey, value: number, fail: (why: string) => never): void {
  if (min !== undefined && value < min) fail(`Value must be at least ${min}`);
  if (max !== undefined && value > max) fail(`Value must be no more than ${max}`);
}

function checkText(
  { oneOf, ignoreCase = false, nonEmpty = false }: JavaKey,
  value: string,
  fail: (why: string) => never,
): void {
  if (nonEmpty && value === "") fail("String must be non-empty");
  if (oneOf === undefined) return;
  const allowed = ignoreCase
    ? oneOf.some((one) => one.toLowerCase() === value.toLowerCase())
    : oneOf.includes(value);
  if (allowed) return;
  const list = oneOf.join(", ");
  fail(`String must be one of${ignoreCase ? " (case insensitive)" : ""}: ${list}`);
}
