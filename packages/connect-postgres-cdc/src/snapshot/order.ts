import { plainName } from "../catalog/table-id.ts";
import type { ListedTable } from "../catalog/tables.ts";
import type { Config } from "../config.ts";
import { NamePatterns } from "../patterns.ts";

/** The tables to snapshot, in the order in which they are read. */
export function snapshotOrder(tables: readonly ListedTable[], config: Config): ListedTable[] {
  const included = new NamePatterns(config["snapshot.include.collection.list"]);
  const signal = config["signal.data.collection"];
  const wanted = tables.filter((table) => {
    const name = plainName(table);
    return name !== signal && (included.isEmpty || included.matches(name));
  });
  const byName = wanted.toSorted((a, b) => (plainName(a) < plainName(b) ? -1 : 1));
  const order = config["snapshot.tables.order.by.row.count"];
  if (order !== "disabled") {
    const sign = order === "ascending" ? 1 : -1;
    return byName.toSorted((a, b) => sign * (a.rows - b.rows));
  }
  if (included.isEmpty) return byName;
  const place = (table: ListedTable) => included.indexOf(plainName(table));
  return byName.toSorted((a, b) => place(a) - place(b));
}
