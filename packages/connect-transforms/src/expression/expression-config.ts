import { ConfigError, type ConfigDef } from "@millrace/connect-api";
import type { DeclaredType } from "./column.ts";
import { entriesProblem, Expression, expressionProblem } from "./expression.ts";
import { parseType, TYPE_WORDS } from "./result-type.ts";

/** A key whose value is an expression. */
export function expressionKey(doc: string) {
  return {
    type: "STRING",
    default: null,
    importance: "HIGH",
    check: (value) => expressionProblem(value as string),
    doc,
  } as const satisfies ConfigDef[string];
}

/** A key whose value is a map of expressions, `{'name': …}`. */
export function entriesKey(doc: string) {
  return {
    type: "STRING",
    default: null,
    importance: "HIGH",
    check: (value) => entriesProblem(value as string),
    doc,
  } as const satisfies ConfigDef[string];
}

export const TYPES = {
  types: {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    check: (value) => (value as readonly string[]).map(typeProblem).find(Boolean),
    doc: "Types of the results, as `name:type`, or one type alone for a single result: int8, int16, int32, int64, float32, float64, boolean, string, bytes, decimal(scale), date, time, timestamp, array(type) and map(type), whose keys are strings. With ! at its end a result may not be null. Without a type, the first result tells it.",
  },
} as const satisfies ConfigDef;

export const DROP_NULL = {
  "drop.null": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether a record is dropped where the result is null.",
  },
} as const satisfies ConfigDef;

/** The name under which the type of a single result is kept. */
export const WHOLE = "";

interface NamedType {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

function split(text: string): NamedType {
  const colon = text.lastIndexOf(":");
  const type = text.slice(colon + 1).trim();
  const required = type.endsWith("!");
  return {
    name: colon < 0 ? WHOLE : text.slice(0, colon),
    type: required ? type.slice(0, -1) : type,
    required,
  };
}

/** Whether a type is one alone, without a name. */
export function isWhole(text: string): boolean {
  return split(text).name === WHOLE;
}

function typeProblem(text: string): string | undefined {
  const { type } = split(text);
  if (parseType(type) !== undefined) return undefined;
  return `unknown type ${type}; there are ${TYPE_WORDS.join(", ")}`;
}

/**
 * Types by name.
 * @param names the results there are
 * @throws {ConfigError} for a type of something else
 */
export function declaredTypes(
  types: readonly string[],
  names: readonly string[],
): Map<string, DeclaredType> {
  const found = new Map<string, DeclaredType>();
  for (const text of types) {
    const { name, type, required } = split(text);
    if (!names.includes(name)) {
      const expected =
        names[0] === WHOLE
          ? "there is one result, so write the type alone"
          : `there is no such result; there are ${names.join(", ")}, so write name:type`;
      throw new ConfigError("types", types.join(","), `${text}: ${expected}`);
    }
    found.set(name, { type: parseType(type)!, required });
  }
  return found;
}

/** The expressions of a map, which the table has checked. */
export function entriesOf(text: string): ReadonlyMap<string, Expression> {
  return Expression.entriesOf(text) ?? new Map();
}
