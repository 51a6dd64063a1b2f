import type { Answer } from "./recording.ts";

/** Headers that clients act upon. */
const COMPARED_HEADERS = [
  "content-type",
  "location",
  "allow",
  "www-authenticate",
  "access-control-allow-origin",
  "access-control-allow-methods",
  "access-control-allow-headers",
];

/** What differs from run to run, or is worded by each worker for itself. */
const MASKED = new Set([
  "documentation",
  "version",
  "commit",
  "kafka_cluster_id",
  "last_modified",
  "discoverTimestamp",
]);

/** An answer without what may differ between two workers that behave alike. */
export interface Comparable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * @param shared plugin classes that both workers have: lists of plugins are compared as far as
 * they hold these
 */
export function comparable(answer: Answer, shared: ReadonlySet<string>): Comparable {
  const headers = Object.fromEntries(
    COMPARED_HEADERS.flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, headerValue(name, value)]];
    }),
  );
  return { status: answer.status, headers, body: normalised(answer.body, shared) };
}

function headerValue(name: string, value: string): string {
  if (name === "content-type") return value.split(";")[0]!.trim().toLowerCase();
  if (name === "allow") return names(value);
  return text(value);
}

function normalised(value: unknown, shared: ReadonlySet<string>, key?: string): unknown {
  if (key !== undefined && MASKED.has(key)) return "*";
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) {
    const known = value.filter((entry) => !isOther(entry, shared));
    // A class of which several copies are installed is offered once for each.
    const distinct = key === "recommended_values" ? [...new Set(known)] : withoutCopies(known);
    return distinct.map((entry) => normalised(entry, shared));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, normalised(inner, shared, name)]),
  );
}

/** A plugin, or the name of a class, that only one of the workers has. */
function isOther(entry: unknown, shared: ReadonlySet<string>): boolean {
  const name = isPluginInfo(entry) ? entry.class : entry;
  return typeof name === "string" && /^[a-z]+\.\S+\.[A-Z]\S*$/.test(name) && !shared.has(name);
}

function withoutCopies(entries: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    if (!isPluginInfo(entry)) return true;
    const id = `${entry.type} ${entry.class}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

export interface PluginInfo {
  readonly class: string;
  readonly type: string;
}

function isPluginInfo(value: unknown): value is PluginInfo {
  return typeof value === "object" && value !== null && "class" in value && "type" in value;
}

function text(value: string): string {
  return (
    value
      // Of a trace only what failed is compared.
      .split("\n\tat ")[0]!
      .replaceAll(/\b(?:(?:\d{1,3}\.){3}\d{1,3}|localhost):\d+/g, "HOST:PORT")
      .replace(/(available connectors are: ).*/s, "$1*")
      .replace(/(available versions: ).*/, "$1*")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, "TIME")
      .replace(/^\d+\.\d+\.\d+(?:\.Final)?$/, "VERSION")
      .replace(/^(?:HEAD|GET|POST|PUT|PATCH|DELETE|OPTIONS)(?:, *[A-Z]+)+$/, names)
  );
}

/** A list of methods, in whatever order. */
function names(list: string): string {
  return list
    .split(",")
    .map((name) => name.trim())
    .toSorted()
    .join(", ");
}

/** A place where two answers differ. */
export interface Difference {
  /** `body.configs[3].value.errors` */
  readonly at: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

export function differences(theirs: Comparable, ours: Comparable): Difference[] {
  return compare(theirs, ours, "");
}

function compare(theirs: unknown, ours: unknown, at: string): Difference[] {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const longer = theirs.length > ours.length ? theirs : ours;
    return longer.flatMap((_, i) => compare(theirs[i], ours[i], `${at}[${i}]`));
  }
  if (isPlain(theirs) && isPlain(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) =>
      compare(theirs[key], ours[key], at === "" ? key : `${at}.${key}`),
    );
  }
  return theirs === ours ? [] : [{ at, theirs, ours }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
