import { ConnectError, isRetriable, RetriableError } from "@millrace/connect-api";
import { faultOf } from "@millrace/jdbc-dialects";

/** An error of the database's without its words, which may repeat the query that is a secret (I5). */
export function withoutQuery(error: unknown): unknown {
  const fault = faultOf(error);
  if (fault === undefined) return error;
  const text = `Could not read the query of query.masked: the database refuses it (${fault.code || "no code"}, ${fault.kind}). What it says may repeat the query, and is left out; run the query by hand to see it`;
  return isRetriable(error) ? new RetriableError(text) : new ConnectError(text);
}
