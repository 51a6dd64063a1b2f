import { type Document, isDocument } from "../bson/document.ts";

export const PROJECTION_TYPES = [
  "none",
  "blacklist",
  "whitelist",
  "allowlist",
  "blocklist",
] as const;

/** Keeps or drops fields of a document. */
export type Projection = (document: Document) => void;

/**
 * A projection by its type and list (Java: `AllowListProjector`, `BlockListProjector`);
 * undefined for the type `none`.
 * @param list names and dotted paths; `*` stands for one name, `a*` at the top for names that
 *   begin so, `**` for everything from there on
 */
export function makeProjection(type: string, list: string): Projection | undefined {
  const paths = list.split(",").map((path) => path.trim());
  const fields = paths.filter((path) => path !== "");
  switch (type.toLowerCase()) {
    case "allowlist":
    case "whitelist":
      return keepOnly(fields);
    case "blocklist":
    case "blacklist":
      return (document) => fields.forEach((field) => drop(field.split("."), document));
    default:
      return undefined;
  }
}

function keepOnly(fields: readonly string[]): Projection {
  // What a path leads through is kept as well.
  const kept = new Set(fields.flatMap(pathsTo));
  const prefixes = fields
    .filter((field) => !field.includes(".") && field !== "*" && field.endsWith("*"))
    .map((field) => field.slice(0, -1));
  const patterns = [...kept].filter((path) => path.includes("*")).map((path) => path.split("."));
  const keeps = (path: string, parts: readonly string[]) =>
    kept.has(path) ||
    prefixes.some((prefix) => path.startsWith(prefix)) ||
    patterns.some((pattern) => matches(pattern, parts));
  if (kept.has("**")) return () => undefined;
  return (document) => keep(document, [], keeps, kept);
}

function pathsTo(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_part, i) => parts.slice(0, i + 1).join("."));
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length && pattern.every((part, i) => part === "*" || part === parts[i])
  );
}

function keep(
  document: Document,
  above: readonly string[],
  keeps: (path: string, parts: readonly string[]) => boolean,
  kept: ReadonlySet<string>,
): void {
  for (const name of Object.keys(document)) {
    const parts = [...above, name];
    const path = parts.join(".");
    if (!keeps(path, parts)) {
      delete document[name];
      continue;
    }
    if (kept.has(`${path}.**`)) continue;
    const value = document[name];
    const within = Array.isArray(value) ? value : [value];
    for (const item of within) if (isDocument(item)) keep(item, parts, keeps, kept);
  }
}

function drop([first = "", ...rest]: readonly string[], document: Document): void {
  if (first === "*" || first === "**") return dropAny(first, rest, document);
  if (rest.length === 0) return dropNamed(first, document);
  const value = Object.hasOwn(document, first) ? document[first] : undefined;
  const within = Array.isArray(value) ? value : [value];
  for (const item of within) if (isDocument(item)) drop(rest, item);
}

function dropNamed(name: string, document: Document): void {
  if (!name.endsWith("*")) {
    delete document[name];
    return;
  }
  const prefix = name.slice(0, -1);
  for (const other of Object.keys(document)) if (other.startsWith(prefix)) delete document[other];
}

/** `*` leaves documents, in which the rest of the path goes on. */
function dropAny(wildcard: "*" | "**", rest: readonly string[], document: Document): void {
  for (const name of Object.keys(document)) {
    const value = document[name];
    if (wildcard === "**" || !isDocument(value)) delete document[name];
    else if (rest.length > 0) drop(rest, value);
  }
}
