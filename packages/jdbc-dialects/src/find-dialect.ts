import { ConfigError } from "@millrace/connect-api";
import type { Dialect } from "./dialect.ts";
import { MYSQL } from "./mysql/index.ts";
import { ORACLE } from "./oracle/index.ts";
import { POSTGRESQL } from "./postgresql/index.ts";
import { SQLITE } from "./sqlite/index.ts";
import { SQLSERVER } from "./sqlserver/index.ts";

/** Every dialect. None loads its driver before it connects. */
export const DIALECTS: readonly Dialect[] = [POSTGRESQL, MYSQL, SQLITE, SQLSERVER, ORACLE];

/**
 * The dialect of a JDBC URL, or the one that is named.
 * @param name `dialect.name`; empty goes by the URL
 * @throws {ConfigError} when there is none; only the URL's beginning is shown (I5)
 */
export function findDialect(url: string, name = ""): Dialect {
  const byUrl = dialectOf(url);
  if (name !== "" && name !== byUrl?.name) throw wrongName(url, name, byUrl);
  if (byUrl !== undefined) return byUrl;
  const examples = DIALECTS.map(({ title, exampleUrl }) => `${title}: ${exampleUrl}`).join(", ");
  throw new ConfigError(
    "connection.url",
    withoutSecrets(url),
    `Set it to the JDBC URL of a database: ${examples}`,
  );
}

/** Each speaks its own driver's language: another's name cannot be forced on a URL. */
function wrongName(url: string, name: string, byUrl: Dialect | undefined): ConfigError {
  const why =
    byUrl === undefined
      ? `It is one of: ${DIALECTS.map((dialect) => dialect.name).join(", ")}`
      : `connection.url is one of ${byUrl.title}: remove the key, or set it to ${byUrl.name}`;
  return new ConfigError("dialect.name", name, why);
}

/** A JDBC URL of any kind as it may be shown: where passwords stand in it, its dialect knows (I5). */
export function withoutSecrets(url: string): string {
  const kind = /^(?:jdbc:)?[a-z0-9]*:?/i.exec(url)?.[0] ?? "";
  return dialectOf(url)?.withoutSecrets(url) ?? (url === "" ? "" : `${kind}…`);
}

function dialectOf(url: string): Dialect | undefined {
  return DIALECTS.find(({ subprotocols }) =>
    subprotocols.some((subprotocol) => url.startsWith(`jdbc:${subprotocol}:`)),
  );
}
