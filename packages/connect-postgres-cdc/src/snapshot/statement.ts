import { ConfigError, type Props } from "@millrace/connect-api";
import type { ListedTable } from "../catalog/tables.ts";
import { quoteName, quoteText } from "../client.ts";
import type { Config } from "../config.ts";
import type { TablePlan } from "../event/table-plan.ts";
import { splitList } from "../patterns.ts";

const KEY = "snapshot.select.statement.overrides";

/** The statements that snapshot tables instead of all of their rows, by `schema.table`. */
export function statementOverrides(config: Config, props: Props): Map<string, string> {
  return new Map(
    splitList(config[KEY]).map((table) => {
      const statement = props[`${KEY}.${table}`];
      if (statement === undefined) {
        throw new ConfigError(KEY, table, `Set ${KEY}.${table} to the statement to run`);
      }
      return [table, statement];
    }),
  );
}

/**
 * Reads the captured columns of a table's own rows; those of a partitioned table lie in its partitions.
 * @param more columns that are not the table's own
 */
export function selectAll(
  table: ListedTable,
  plan: TablePlan,
  more: readonly string[] = [],
): string {
  const columns = plan.columns.filter(({ place }) => place >= 0).map(({ name }) => quoteName(name));
  const only = table.kind === "p" ? "" : "ONLY ";
  return `SELECT ${[...columns, ...more].join(", ")} FROM ${only}${quoteName(table.schema)}.${quoteName(table.name)}`;
}

/**
 * Which rows are left, once those up to a place were read and all changes since have been
 * streamed. A change may have moved a row that was not read to before the place, and its event
 * may lack a large value: such rows are read again where their key tells that they are the same.
 * @param tid the place, null for the beginning
 * @param xmin transactions before it were seen by who has read up to the place; of 32 bits
 */
export function whereLeft(plan: TablePlan, tid: string | null, xmin: string): string {
  if (tid === null) return "";
  const isBehind = `ctid > ${quoteText(tid)}::tid`;
  if (plan.key === null) return ` WHERE ${isBehind}`;
  return ` WHERE ${isBehind} OR pg_catalog.age(xmin) <= pg_catalog.age(${quoteText(xmin)}::xid)`;
}
