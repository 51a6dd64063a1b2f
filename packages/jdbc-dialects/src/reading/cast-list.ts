import { DataError } from "@millrace/connect-api";

const ALL = "SELECT * FROM ";

/**
 * Has a statement give its columns as expressions of them, for drivers that would lose
 * digits of what they make of the columns themselves.
 * @param sql begins with `SELECT * FROM`, as `Spelling.derivesQueries` has it
 */
export function castList(sql: string, expressions: readonly string[]): string {
  if (sql.startsWith(ALL)) return `SELECT ${expressions.join(", ")} FROM ${sql.slice(ALL.length)}`;
  throw new DataError(`Not a statement that gives all columns: ${sql}`);
}
