import type { Props } from "@millrace/connect-api";
import { parseSourceConfig } from "./config.ts";
import { findDialect, withoutSecrets } from "./dialect/find-dialect.ts";
import { connectionSettings } from "./settings.ts";
import { matchTables, splitNames } from "./tables.ts";

/**
 * Connects once, looks which tables there are, and leaves.
 * @returns what was reached, for people
 * @throws {ConnectError} why it is not reached
 */
export async function reachDatabase(props: Props, signal: AbortSignal): Promise<string> {
  const config = parseSourceConfig(props);
  const dialect = findDialect(config["connection.url"]);
  const session = await dialect.connect(connectionSettings(config, props), signal);
  try {
    const tables = await session.listTables();
    const wanted = splitNames(props["table.whitelist"] ?? "");
    const { selected, missing } = matchTables(tables, wanted);
    const absent = missing.length === 0 ? "" : `; not there: ${missing.join(", ")}`;
    return `${dialect.name} answers at ${withoutSecrets(config["connection.url"])}: ${selected.length} of the ${tables.length} tables that its user can see are read${absent}`;
  } finally {
    await session.close();
  }
}
