import { type Identifiers, plainName, quoteTable } from "../identifiers.ts";
import type { Origin, SelectOptions } from "../session.ts";

/** What is read, for messages. */
export function nameOf(origin: Origin): string {
  return "query" in origin ? "the query" : `table ${plainName(origin.table)}`;
}

/** A query for all of it. */
export function allOf(
  identifiers: Identifiers,
  origin: Origin,
  { quoting }: Pick<SelectOptions, "quoting">,
): string {
  if ("query" in origin) return origin.query;
  return `SELECT * FROM ${quoteTable(identifiers, origin.table, quoting)}`;
}
