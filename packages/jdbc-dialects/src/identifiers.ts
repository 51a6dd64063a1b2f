import { ConfigError } from "@millrace/connect-api";

/** A table by the names that the database's catalog has for it; null where it has no such level. */
export interface TableId {
  readonly catalog: string | null;
  readonly schema: string | null;
  readonly name: string;
}

/** `quote.sql.identifiers`. */
export type QuoteMethod = "always" | "never";

/** How a kind of database writes names. */
export interface Identifiers {
  /** What stands before and after a quoted name; the latter doubled within it. */
  readonly quotes: readonly [string, string];
  /** The levels that a table's full name has, first to last. */
  readonly levels: readonly ("catalog" | "schema")[];
  /** What a name without that level is taken for. */
  readonly defaults?: Partial<Record<"catalog" | "schema", string>>;
  /** The names that mean themselves without quotes, as the database folds their case. */
  readonly plain: RegExp;
}

/**
 * A name in SQL.
 * @throws {ConfigError} when it cannot be written without quotes and has to be
 */
export function quoteName({ quotes, plain }: Identifiers, name: string, how: QuoteMethod): string {
  const [open, close] = quotes;
  if (how === "always") return open + name.replaceAll(close, close + close) + close;
  if (plain.test(name)) return name;
  throw new ConfigError(
    "quote.sql.identifiers",
    "never",
    `The name ${open}${name}${close} cannot be written without quotes; set it to always`,
  );
}

/** A table's name in SQL, with every level it has. */
export function quoteTable(rules: Identifiers, table: TableId, how: QuoteMethod): string {
  return partsOf(table)
    .map((part) => quoteName(rules, part, how))
    .join(".");
}

/** `schema.name`, as offsets and messages have it (Java: `ExpressionBuilder` without quotes). */
export function plainName(table: TableId): string {
  return partsOf(table).join(".");
}

function partsOf({ catalog, schema, name }: TableId): string[] {
  return [catalog, schema, name].filter((part) => part !== null);
}

/** The table that an identifier names in SQL, its missing levels by the defaults. */
export function parseTable(rules: Identifiers, text: string): TableId {
  const parts = splitIdentifier(rules, text);
  const levels = Object.fromEntries(
    rules.levels.map((level, i) => [
      level,
      parts[parts.length - 1 - rules.levels.length + i] ?? rules.defaults?.[level] ?? null,
    ]),
  );
  return {
    catalog: levels["catalog"] ?? null,
    schema: levels["schema"] ?? null,
    name: parts.at(-1) ?? "",
  };
}

/**
 * The parts of a dotted name, without their quotes. Quoted text is taken as it is, with a
 * doubled closing quote for one in it.
 */
export function splitIdentifier(rules: Identifiers, text: string): string[] {
  return cut(rules, text, ".").map((part) => unquoted(rules, part));
}

/** The items of a comma-separated list of names; a comma within quotes belongs to the name. */
export function splitNames(rules: Identifiers, list: string): string[] {
  const items = cut(rules, list, ",");
  return items.map((name) => name.trim()).filter((name) => name !== "");
}

/** Cuts at a separator outside of quotes; everywhere, where a quote is not closed. */
function cut({ quotes: [open, close] }: Identifiers, text: string, separator: string): string[] {
  const items = [""];
  let isQuoted = false;
  for (const char of text) {
    if (isQuoted ? char === close : char === open) isQuoted = !isQuoted;
    if (char === separator && !isQuoted) items.push("");
    else items[items.length - 1] += char;
  }
  return isQuoted ? text.split(separator) : items;
}

function unquoted({ quotes: [open, close] }: Identifiers, part: string): string {
  const isQuoted = part.length > 1 && part.startsWith(open) && part.endsWith(close);
  return isQuoted ? part.slice(1, -1).replaceAll(close + close, close) : part;
}
