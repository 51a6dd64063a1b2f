import { parseConfig, type Props } from "@millrace/connect-api";
import { findDialect, withoutSecrets } from "@millrace/jdbc-dialects";
import { CONFIG, queryOf } from "./config.ts";
import { checkRules } from "./rules.ts";
import { connectionSettings, selectOptions } from "./settings.ts";
import { listFilter, selectTables } from "./tables/filter.ts";

/**
 * Connects once, looks which tables there are, and leaves.
 * @returns what was reached, for people
 * @throws {ConnectError} why it is not reached
 */
export async function reachDatabase(props: Props, signal: AbortSignal): Promise<string> {
  const config = parseConfig(CONFIG, props);
  checkRules(config);
  const dialect = findDialect(config["connection.url"], config["dialect.name"]);
  const session = await dialect.connect(connectionSettings(config, props), signal);
  const answers = `${dialect.name} answers at ${withoutSecrets(config["connection.url"])}`;
  try {
    const query = queryOf(config);
    if (query !== null) {
      const columns = await session.describe({ query: query.text }, selectOptions(config));
      return `${answers}: the query has ${columns.length} columns`;
    }
    const tables = await session.listTables(listFilter(config));
    const { selected, missing } = selectTables(dialect.identifiers, tables, config, props);
    const absent = missing.length === 0 ? "" : `; not there: ${missing.join(", ")}`;
    return `${answers}: ${selected.length} of the ${tables.length} tables that its user can see are read${absent}`;
  } finally {
    await session.close();
  }
}
