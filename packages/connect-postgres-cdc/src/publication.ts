import { ConfigError, type Logger } from "@millrace/connect-api";
import { plainName, type TableId } from "./catalog/table-id.ts";
import { type Connection, quoteName, quoteText } from "./client.ts";
import type { Config } from "./config.ts";

const VIA_ROOT_SINCE = 130_000;

const quoted = ({ schema, name }: TableId) => `${quoteName(schema)}.${quoteName(name)}`;

/**
 * Makes sure that there is a publication, by `publication.autocreate.mode`, and tells of
 * captured tables that are not in it.
 * @throws {ConnectError} when there is none and none can be made, or it has none of the tables
 */
export async function preparePublication(
  connection: Connection,
  config: Config,
  version: number,
  tables: readonly TableId[],
  logger: Logger,
): Promise<void> {
  const name = config["publication.name"];
  const mode = config["publication.autocreate.mode"];
  const [found] = await connection.query(
    `SELECT puballtables FROM pg_catalog.pg_publication WHERE pubname = ${quoteText(name)}`,
    `Could not look up publication ${name}`,
  );
  const create = `CREATE PUBLICATION ${quoteName(name)}`;
  const list = tables.map(quoted).join(", ");
  const options =
    config["publish.via.partition.root"] && version >= VIA_ROOT_SINCE
      ? " WITH (publish_via_partition_root = true)"
      : "";
  if (found === undefined) {
    if (mode === "disabled") {
      throw new ConfigError(
        "publication.name",
        name,
        `There is no such publication, and publication.autocreate.mode is disabled. Run ${create} FOR TABLE ${list}${options}`,
      );
    }
    const what = { all_tables: " FOR ALL TABLES", filtered: ` FOR TABLE ${list}`, no_tables: "" };
    await connection.query(
      `${create}${what[mode]}${options}`,
      `Could not create publication ${name}`,
    );
    logger.info(`Created publication ${name}${what[mode]}`);
  }
  const isForAll = found === undefined ? mode === "all_tables" : found[0] === "t";
  if (isForAll) return;
  const published = await publishedTables(connection, name);
  const missing = tables.filter((table) => !published.has(plainName(table)));
  if (found !== undefined && mode === "filtered" && missing.length > 0) {
    await connection.query(
      `ALTER PUBLICATION ${quoteName(name)} SET TABLE ${list}`,
      `Could not set the tables of publication ${name}`,
    );
    logger.info(`Set the tables of publication ${name}: ${tables.map(plainName).join(", ")}`);
  } else if (missing.length > 0) {
    tellMissing(name, missing, published, tables.length, logger);
  }
}

function tellMissing(
  name: string,
  missing: readonly TableId[],
  published: ReadonlySet<string>,
  wanted: number,
  logger: Logger,
): void {
  const add = `ALTER PUBLICATION ${quoteName(name)} ADD TABLE ${missing.map(quoted).join(", ")}`;
  if (missing.length === wanted) {
    const has = published.size === 0 ? "no tables" : `only ${[...published].join(", ")}`;
    throw new ConfigError(
      "publication.name",
      name,
      `The publication has ${has}, and none of those that are captured. Run ${add}, or set publication.autocreate.mode to filtered`,
    );
  }
  logger.warn(
    `Changes of ${missing.map(plainName).join(", ")} will not come: publication ${name} is without these tables. Run ${add}, or set publication.autocreate.mode to filtered`,
  );
}

async function publishedTables(connection: Connection, name: string): Promise<Set<string>> {
  const rows = await connection.query(
    `SELECT schemaname, tablename FROM pg_catalog.pg_publication_tables WHERE pubname = ${quoteText(name)}`,
    `Could not list the tables of publication ${name}`,
  );
  return new Set(rows.map(([schema, table]) => `${schema}.${table}`));
}
