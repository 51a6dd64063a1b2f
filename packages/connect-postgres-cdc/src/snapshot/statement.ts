import { ConfigError, type Props } from "@millrace/connect-api";
import type { ListedTable } from "../catalog/tables.ts";
import { quoteName } from "../client.ts";
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

/** Reads the captured columns of a table's own rows; those of a partitioned table lie in its partitions. */
export function selectAll(table: ListedTable, plan: TablePlan): string {
  const columns = plan.columns.filter(({ place }) => place >= 0).map(({ name }) => quoteName(name));
  const only = table.kind === "p" ? "" : "ONLY ";
  return `SELECT ${columns.join(", ")} FROM ${only}${quoteName(table.schema)}.${quoteName(table.name)}`;
}
