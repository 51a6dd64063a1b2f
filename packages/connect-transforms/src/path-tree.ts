import { ConfigError } from "@millrace/connect-api";
import { EACH, type FieldPath, type Step } from "./field-path.ts";

/** Paths that begin alike, joined: what to do where they end, by the steps that lead there. */
export interface PathTree<T> {
  /** The steps that lead here, for messages. */
  readonly path: string;
  /** What to do with the value here, if a path ends here. */
  readonly target: T | undefined;
  /** Steps to fields, in the order of the paths. */
  readonly fields: ReadonlyMap<string, PathTree<T>>;
  /** The step to each element of a list or map; then there are none to fields. */
  readonly each: PathTree<T> | undefined;
}

interface Growing<T> extends PathTree<T> {
  target: T | undefined;
  readonly fields: Map<string, Growing<T>>;
  each: Growing<T> | undefined;
}

/**
 * Joins paths.
 * @param both what counts where the same path comes twice; by default the last
 * @throws {ConfigError} when one path lies within another, and when something would have to
 * be both a list and a struct
 */
export function pathTree<T>(
  targets: Iterable<readonly [FieldPath, T]>,
  both: (first: T, last: T) => T = (_first, last) => last,
): PathTree<T> {
  const root = growing<T>("");
  for (const [path, target] of targets) {
    const node = grow(root, path, (passed) => {
      if (passed.target !== undefined) throw overlap(path, passed.path);
    });
    const within = [...node.fields.values(), node.each].find((child) => child !== undefined);
    if (within !== undefined) throw overlap(path, within.path);
    node.target = node.target === undefined ? target : both(node.target, target);
  }
  return root;
}

/**
 * Joins paths that may lie within others, each with its marks.
 * @throws {ConfigError} when something would have to be both a list and a struct
 */
export function markedPaths<T extends object>(
  marks: Iterable<readonly [FieldPath, T]>,
): PathTree<T> {
  const root = growing<T>("");
  for (const [path, mark] of marks) {
    const node = grow(root, path);
    node.target = { ...node.target, ...mark };
  }
  return root;
}

function growing<T>(path: string): Growing<T> {
  return { path, target: undefined, fields: new Map(), each: undefined };
}

/** @param pass called with each node on the way */
function grow<T>(
  root: Growing<T>,
  { key, text, steps }: FieldPath,
  pass?: (node: Growing<T>) => void,
): Growing<T> {
  let node = root;
  for (const step of steps) {
    pass?.(node);
    const isBoth = step === EACH ? node.fields.size > 0 : node.each !== undefined;
    if (isBoth) {
      const why = `${node.path} cannot have both elements [*] and fields: it is a list or a struct`;
      throw new ConfigError(key, text, why);
    }
    node = child(node, step);
  }
  return node;
}

function child<T>(node: Growing<T>, step: Step): Growing<T> {
  if (step === EACH) return (node.each ??= growing(`${node.path}[*]`));
  const known = node.fields.get(step);
  if (known !== undefined) return known;
  const made = growing<T>(node.path === "" ? step : `${node.path}.${step}`);
  node.fields.set(step, made);
  return made;
}

function overlap({ key, text }: FieldPath, other: string): ConfigError {
  return new ConfigError(
    key,
    text,
    `One of ${text} and ${other} lies within the other: name one of them`,
  );
}
