import { DataError, isRetriable } from "@millrace/connect-api";
import { faultOf } from "@millrace/jdbc-dialects";

/**
 * What to do after an error of a put:
 *
 * - `again`: nothing is wrong with the records, and it will pass: as often as it takes.
 * - `later`: it may pass, as often as max.retries says.
 * - `records`: some of the records are at fault; trying the same again is of no use.
 */
export type Remedy = "again" | "later" | "records";

/** Codes for a row whose parent is missing, which another topic may still bring. */
const FOREIGN_KEY: ReadonlySet<string> = new Set([
  "23503", // PostgreSQL
  "ER_NO_REFERENCED_ROW", // MySQL
  "ER_NO_REFERENCED_ROW_2",
  "547", // SQL Server
  "787", // SQLite
  "ORA-2291", // Oracle
]);

export function remedyFor(error: unknown): Remedy {
  if (error instanceof DataError) return "records";
  const fault = faultOf(error);
  switch (fault?.kind) {
    case "deadlock":
    case "lock-timeout":
    case "connection":
      return "again";
    case "data":
      return "records";
    case "constraint":
      return FOREIGN_KEY.has(fault.code) ? "later" : "records";
    case undefined:
      return isRetriable(error) ? "again" : "later";
    default:
      return "later";
  }
}
