import { ConfigError } from "@millrace/connect-api";
import type { TableId } from "./dialect/dialect.ts";

/** `schema.name`, as offsets and messages have it. */
export function plainName({ schema, name }: TableId): string {
  return `${schema}.${name}`;
}

/** `"schema"."name"`, as task configurations have it. */
export function quotedName({ schema, name }: TableId): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
}

/** The items of a comma-separated list of names; a comma within double quotes belongs to the name. */
export function splitNames(list: string): string[] {
  const isQuoted = list.split('"').length % 2 === 1;
  const names = isQuoted ? (list.match(/(?:"[^"]*"|[^,"])+/g) ?? []) : list.split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

/**
 * The parts of a dotted name, without their quotes. Quoted text is taken as it is, with
 * `""` for a quote in it.
 */
export function splitIdentifier(text: string): string[] {
  const parts = text.match(/(?:"(?:[^"]|"")*"|[^."])+/g) ?? [];
  return parts.map((part) =>
    part.startsWith('"') && part.endsWith('"') && part.length > 1
      ? part.slice(1, -1).replaceAll('""', '"')
      : part,
  );
}

/**
 * The tables that a list names, and the names that no table has; an empty list names all.
 * As in Java (`TableMonitorThread`) a name matches exactly, as `name`, `schema.name` or
 * quoted.
 */
export function matchTables(
  tables: readonly TableId[],
  whitelist: readonly string[],
): { selected: TableId[]; missing: string[] } {
  if (whitelist.length === 0) return { selected: [...tables], missing: [] };
  const namesOf = (table: TableId) => [table.name, plainName(table), quotedName(table)];
  const known = new Set(tables.flatMap(namesOf));
  const listed = new Set(whitelist);
  return {
    selected: tables.filter((table) => namesOf(table).some((name) => listed.has(name))),
    missing: whitelist.filter((name) => !known.has(name)),
  };
}

/** What to tell someone who lists a table that is not there. */
export function missingTables(missing: readonly string[], tables: readonly TableId[]): ConfigError {
  const bare = new Set(missing.map((name) => splitIdentifier(name).at(-1)?.toLowerCase()));
  const similar = tables.filter(({ name }) => bare.has(name.toLowerCase()));
  const hint = similar.length > 0 ? `; there is ${similar.map(quotedName).join(" and ")}` : "";
  return new ConfigError(
    "table.whitelist",
    missing.join(","),
    `The user sees no base table of that name in the database${hint}. Create the table, grant USAGE on its schema, or correct the name: upper and lower case count`,
  );
}

/**
 * What is wrong where tables of different schemas have one name: a topic is named by the
 * table without its schema (Java: `TableMonitorThread.tables`).
 */
export function sharedTopics(tables: readonly TableId[]): string | undefined {
  const byName = new Map<string, TableId[]>();
  for (const table of tables) byName.set(table.name, [...(byName.get(table.name) ?? []), table]);
  const clashes = [...byName.values()].filter((group) => group.length > 1);
  if (clashes.length === 0) return undefined;
  const named = clashes.map((group) => group.map(plainName).join(" and ")).join("; ");
  return `These tables would share a topic, since topics are named without the schema: ${named}. List one of each, with its schema, and read the others with another connector and topic.prefix`;
}
