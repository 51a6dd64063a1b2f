import { ConnectError } from "@millrace/connect-api";
import {
  type Identifiers,
  quoteName,
  quoteTable,
  type QuoteMethod,
  type TableId,
} from "../identifiers.ts";
import type { Kind } from "./kind.ts";
import type { NewColumn, Writing } from "./writing.ts";

type Types = Pick<Writing, "columnType" | "literal">;

/** `CREATE TABLE` as Java writes it (`GenericDatabaseDialect`). */
export function createTable(
  types: Types,
  rules: Identifiers,
  table: TableId,
  columns: readonly NewColumn[],
  quoting: QuoteMethod,
): string {
  const lines = columns.map((column) => columnClause(types, rules, column, quoting));
  const keys = columns.filter(({ isKey }) => isKey);
  if (keys.length > 0) {
    const names = keys.map(({ name }) => quoteName(rules, name, quoting));
    lines.push(`PRIMARY KEY(${names.join(",")})`);
  }
  return `CREATE TABLE ${quoteTable(rules, table, quoting)} (\n${lines.join(",\n")})`;
}

/** `"name" TYPE`, and what stands where a row has no value. */
export function columnClause(
  { columnType, literal }: Types,
  rules: Identifiers,
  { name, kind, isKey, optional, defaultValue }: NewColumn,
  quoting: QuoteMethod,
): string {
  const typed = `${quoteName(rules, name, quoting)} ${columnType(kind, isKey)}`;
  if (defaultValue !== null) return `${typed} DEFAULT ${literal(kind, defaultValue)}`;
  return `${typed} ${optional && !isKey ? "NULL" : "NOT NULL"}`;
}

/** @throws {ConnectError} always: there is no type for values of this kind */
export function noType(title: string, kind: Kind): never {
  const what = kind.is === "any" ? "values without schema" : `values of kind ${kind.is}`;
  throw new ConnectError(
    `${title} has no column type for ${what}: create the table or column beforehand`,
  );
}
