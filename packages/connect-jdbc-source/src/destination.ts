import type { SourcePartition } from "@millrace/connect-api";
import { type Origin, plainName } from "@millrace/jdbc-dialects";

/** What is read, and where its rows go. */
export interface Destination {
  /** For messages: `table public.users`. */
  readonly what: string;
  readonly topic: string;
  /** Of the struct that a row becomes; none for a query's rows. */
  readonly schemaName: string | undefined;
  /** Whose offsets its records carry. */
  readonly partition: SourcePartition;
}

/** How messages call what is read. */
export function nameOf(origin: Origin): string {
  return "query" in origin ? "the query" : `table ${plainName(origin.table)}`;
}
