import { ConfigError, type ConfigDef } from "@millrace/connect-api";

/** The key that says how names of fields are read (KIP-821). */
export const FIELD_SYNTAX_VERSION = {
  "field.syntax.version": {
    type: "STRING",
    default: "V1",
    oneOf: ["V1", "V2"],
    ignoreCase: true,
    importance: "HIGH",
    doc: "How names of fields are read: V1 as they are, V2 as paths through nested fields, separated by dots. `[*]` after a name stands for each element of a list, or each value of a map; names with dots stand in backticks.",
  },
} as const satisfies ConfigDef;

/** The same, for transforms that have no such key in Java's Kafka Connect 4.3. */
export const FIELD_SYNTAX_BEYOND_JAVA = {
  "field.syntax.version": { ...FIELD_SYNTAX_VERSION["field.syntax.version"], beyondJava: true },
} as const satisfies ConfigDef;

/** A step to each element of a list, or each value of a map: `[*]`. */
export const EACH: unique symbol = Symbol("[*]");
/** The name of a field, or `EACH`. */
export type Step = string | typeof EACH;

/** A field, as a configuration names it. */
export interface FieldPath {
  /** Where it was written, for messages. */
  readonly key: string;
  /** As it was written. */
  readonly text: string;
  readonly steps: readonly Step[];
}

/** Reads a name of a field by the rules of a version. */
export type PathSyntax = (text: string) => FieldPath;

/** The rules that a configuration asks for, for what is written under one of its keys. */
export function pathSyntax(
  config: { readonly "field.syntax.version": string },
  key: string,
): PathSyntax {
  if (config["field.syntax.version"].toUpperCase() === "V1") {
    return (text) => ({ key, text, steps: [text] });
  }
  return (text) => {
    const steps = parseFieldPath(text);
    if (steps[0] !== EACH) return { key, text, steps };
    throw new ConfigError(key, text, "A path begins with the name of a field, not with [*]");
  };
}

/** @throws {ConfigError} when the path ends with `[*]`, where a field is needed */
export function requireFieldAtEnd(path: FieldPath): FieldPath {
  const { key, text, steps } = path;
  if (steps.at(-1) !== EACH) return path;
  throw new ConfigError(key, text, "The path must end with the name of a field, not with [*]");
}

/**
 * The steps of a path in the syntax V2 (Java: `SingleFieldPath`; `[*]` is ours). A step that
 * begins with a backtick goes to the first backtick that is followed by a dot, `[*]` or the
 * end; before such a one, a backslash makes it part of the name.
 * @throws {ConfigError} when a backtick is not closed
 */
export function parseFieldPath(path: string): Step[] {
  const steps: Step[] = [];
  let start = 0;
  while (start <= path.length) {
    if (path[start] === "`") {
      const { name, end } = quotedName(path, start);
      const dot = end + eachLength(path, end)!;
      steps.push(name, ...eachSteps(dot - end));
      if (dot === path.length) return steps;
      start = dot + 1;
      continue;
    }
    const dot = path.indexOf(".", start);
    steps.push(...plainSteps(dot < 0 ? path.slice(start) : path.slice(start, dot)));
    if (dot < 0) return steps;
    start = dot + 1;
  }
  return steps;
}

/** Steps as text again, for messages. */
export function stepsText(steps: readonly Step[]): string {
  return steps.map((step, i) => (step === EACH ? "[*]" : i === 0 ? step : `.${step}`)).join("");
}

/** `name`, `name[*]`, `[*]`, `name[*][*]`. */
function plainSteps(text: string): Step[] {
  const begin = /(?:\[\*\])*$/.exec(text)!.index;
  const each = eachSteps(text.length - begin);
  return begin === 0 && each.length > 0 ? each : [text.slice(0, begin), ...each];
}

function eachSteps(length: number): Step[] {
  return Array.from({ length: length / "[*]".length }, () => EACH);
}

/** How many characters of `[*]` stand there; undefined when something else than a dot or the end follows. */
function eachLength(path: string, start: number): number | undefined {
  return /^((?:\[\*\])*)(?:\.|$)/.exec(path.slice(start))?.[1]?.length;
}

/** @returns the name, and where the step goes on after the closing backtick */
function quotedName(path: string, start: number): { name: string; end: number } {
  let name = "";
  for (let from = start + 1; ;) {
    const at = path.indexOf("`", from);
    if (at < 0) break;
    const closes = eachLength(path, at + 1) !== undefined;
    const escaped = closes && path[at - 1] === "\\" && at - 1 > start;
    if (closes && !escaped) return { name: name + path.slice(from, at), end: at + 1 };
    name += escaped ? `${path.slice(from, at - 1)}\`` : path.slice(from, at + 1);
    from = at + 1;
  }
  throw new ConfigError(
    `Incomplete backtick pair in path: [${path}], consider adding a backslash before backtick at position ${start} to escape it`,
  );
}
