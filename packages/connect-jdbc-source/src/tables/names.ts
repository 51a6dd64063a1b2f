import { ConfigError } from "@millrace/connect-api";
import { type Identifiers, plainName, quoteTable, type TableId } from "@millrace/jdbc-dialects";

/** `"schema"."name"`, as task configurations have it. */
export function quotedName(rules: Identifiers, table: TableId): string {
  return quoteTable(rules, table, "always");
}

/** What a list of exact names may call a table (Java: `TableMonitorThread`). */
export function namesOf(rules: Identifiers, table: TableId): readonly string[] {
  return [table.name, plainName(table), quotedName(rules, table)];
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

/** What to tell someone who lists a table that is not there. */
export function missingTables(
  rules: Identifiers,
  missing: readonly string[],
  tables: readonly TableId[],
): ConfigError {
  const wanted = new Set(missing.map((name) => name.toLowerCase()));
  const similar = tables.filter((table) =>
    namesOf(rules, table).some((name) => wanted.has(name.toLowerCase())),
  );
  const names = similar.map((table) => quotedName(rules, table));
  const hint = names.length > 0 ? `; there is ${names.join(" and ")}` : "";
  return new ConfigError(
    "table.whitelist",
    missing.join(","),
    `The user sees no table of that name in the database${hint}. Create the table, grant USAGE on its schema, or correct the name: upper and lower case count`,
  );
}
