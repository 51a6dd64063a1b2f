import { ConfigError } from "@millrace/connect-api";
import type { Dialect } from "./dialect.ts";
import { POSTGRESQL } from "./postgresql.ts";

const DIALECTS: readonly Dialect[] = [POSTGRESQL];

/**
 * The dialect of a JDBC URL.
 * @throws {ConfigError} when the URL is missing or of another kind; only its beginning is shown (I5)
 */
export function findDialect(url: string): Dialect {
  const found = dialectOf(url);
  if (found !== undefined) return found;
  throw new ConfigError(
    "connection.url",
    withoutSecrets(url),
    "Set it to the JDBC URL of a PostgreSQL database, e.g. jdbc:postgresql://localhost:5432/shop",
  );
}

/** A JDBC URL of any kind as it may be shown: where passwords stand in it, its dialect knows (I5). */
export function withoutSecrets(url: string): string {
  const kind = /^(?:jdbc:)?[a-z0-9]*:?/i.exec(url)?.[0] ?? "";
  return dialectOf(url)?.withoutSecrets(url) ?? (url === "" ? "" : `${kind}…`);
}

function dialectOf(url: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.accepts(url));
}
