import { ConfigError } from "@millrace/connect-api";
import { plainName, type TableId } from "@millrace/jdbc-dialects";
import { regexFault, regexOf } from "./regexes.ts";

/** One `regex:columns` of a mapping. */
interface Entry {
  readonly regex: string;
  readonly columns: readonly string[];
}

/** `regex:column` (Java: `incrementing.column.mapping`). */
export function checkIncrementingMapping(value: unknown): string | undefined {
  return checkEntries(value, "regex:column", ({ columns }) => columns.length === 1);
}

/** `regex:[column|column]` (Java: `timestamp.columns.mapping`). */
export function checkTimestampMapping(value: unknown): string | undefined {
  return checkEntries(value, "regex:[column|column]", ({ columns }) => columns.length > 0);
}

function checkEntries(
  value: unknown,
  form: string,
  isFine: (entry: Entry) => boolean,
): string | undefined {
  for (const text of value as readonly string[]) {
    const entry = parseEntry(text);
    if (entry === undefined || entry.columns.includes("") || !isFine(entry)) {
      return `Not of the form ${form}: ${text}`;
    }
    const wrong = regexFault(entry.regex);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function parseEntry(text: string): Entry | undefined {
  const colon = text.lastIndexOf(":");
  if (colon <= 0) return undefined;
  const columns = text.slice(colon + 1).trim();
  const list = columns.startsWith("[") && columns.endsWith("]") ? columns.slice(1, -1) : columns;
  return { regex: text.slice(0, colon).trim(), columns: list.split("|").map((c) => c.trim()) };
}

/**
 * The columns that a mapping has for a table, by the regular expression that its whole
 * name matches; undefined when none does.
 * @throws {ConfigError} when several do
 */
export function mappedColumns(
  key: string,
  mapping: readonly string[],
  table: TableId,
): readonly string[] | undefined {
  const name = plainName(table);
  const entries = mapping.flatMap((text) => parseEntry(text) ?? []);
  const matching = entries.filter(({ regex }) => regexOf(key, regex).test(name));
  if (matching.length > 1) {
    const named = matching.map(({ regex }) => regex).join(" and ");
    throw new ConfigError(
      key,
      mapping.join(","),
      `Table ${name} matches ${named}; every table may match one of them only`,
    );
  }
  return matching[0]?.columns;
}
