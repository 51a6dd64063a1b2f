import { compileJavaRegex, ConfigError, type Logger } from "@millrace/connect-api";
import { plainName, type TableId } from "./catalog/table-id.ts";
import type { ListedTable } from "./catalog/tables.ts";
import { type Connection, quoteName } from "./client.ts";

/**
 * Sets replica identities as `replica.identity.autoset.values` says: `table:FULL`,
 * `DEFAULT`, `NOTHING` or `INDEX name`, the table a regular expression of schema.table.
 */
export async function setReplicaIdentities(
  connection: Connection,
  values: string | null,
  tables: readonly TableId[],
  logger: Logger,
): Promise<void> {
  for (const { pattern, identity } of parseIdentities(values)) {
    for (const table of tables.filter((id) => pattern.test(plainName(id)))) {
      await connection.query(
        `ALTER TABLE ${quoteName(table.schema)}.${quoteName(table.name)} REPLICA IDENTITY ${identity}`,
        `Could not set the replica identity of ${plainName(table)}`,
      );
      logger.info(`Set the replica identity of ${plainName(table)} to ${identity}`);
    }
  }
}

/** Tells of tables whose rows PostgreSQL no longer lets anybody update or delete once they are published. */
export async function tellWithoutIdentity(
  connection: Connection,
  tables: readonly ListedTable[],
  logger: Logger,
): Promise<void> {
  const rows = await connection.query(
    `SELECT c.oid FROM pg_catalog.pg_class c
     WHERE c.relkind = 'r' AND (c.relreplident = 'n' OR c.relreplident = 'd' AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))`,
    "Could not look up replica identities",
  );
  const without = new Set(rows.map(([oid]) => Number(oid)));
  const names = tables.filter(({ oid }) => without.has(oid)).map(plainName);
  if (names.length === 0) return;
  logger.warn(
    `PostgreSQL refuses UPDATE and DELETE of published tables without a replica identity, which are ${names.join(", ")}. Give them a primary key, or set replica.identity.autoset.values, such as ${names[0]}:FULL`,
  );
}

/** @throws {ConfigError} */
export function parseIdentities(values: string | null): { pattern: RegExp; identity: string }[] {
  const items = (values ?? "").split(",").map((item) => item.trim());
  return items
    .filter((item) => item !== "")
    .map((item) => {
      const match = /^(.+):\s*(?:(FULL|DEFAULT|NOTHING)|INDEX\s+(\S+))$/i.exec(item);
      if (match === null) {
        throw new ConfigError(
          "replica.identity.autoset.values",
          item,
          "Write schema.table:FULL, DEFAULT, NOTHING or INDEX name",
        );
      }
      const [, table = "", keyword, index = ""] = match;
      const identity = keyword?.toUpperCase() ?? `USING INDEX ${quoteName(index)}`;
      return { pattern: compileJavaRegex(`(?i)${table}`), identity };
    });
}
