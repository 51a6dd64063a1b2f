import type { Instant } from "@millrace/jdbc-dialects";
import type { Statements } from "../statement.ts";

/** The columns that say when a row was changed: the first that has a value counts. */
export class TimestampColumns {
  readonly names: readonly string[];
  /** In SQL. */
  readonly sql: string;

  constructor(names: readonly string[], statements: Statements) {
    this.names = names;
    const quoted = names.map((name) => statements.column(name));
    this.sql = quoted.length === 1 ? (quoted[0] ?? "") : `COALESCE(${quoted.join(",")})`;
  }

  /** A point in time to compare them with. */
  at(instant: Instant): { readonly instant: Instant; readonly columns: readonly string[] } {
    return { instant, columns: this.names };
  }
}
