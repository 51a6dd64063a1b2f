import { ConfigError } from "@millrace/connect-api";
import type { Dialect } from "./dialect.ts";
import { POSTGRESQL } from "./postgresql.ts";

const DIALECTS: readonly Dialect[] = [POSTGRESQL];

/**
 * The dialect of a JDBC URL.
 * @throws {ConfigError} when the URL is missing or of another kind; only its beginning is shown (I5)
 */
export function findDialect(url: string): Dialect {
  const found = DIALECTS.find((dialect) => dialect.accepts(url));
  if (found !== undefined) return found;
  const kind = /^(?:jdbc:)?[a-z0-9]*:?/i.exec(url)?.[0] ?? "";
  throw new ConfigError(
    "connection.url",
    url === "" ? "" : `${kind}…`,
    "Set it to the JDBC URL of a PostgreSQL database, e.g. jdbc:postgresql://localhost:5432/shop",
  );
}
