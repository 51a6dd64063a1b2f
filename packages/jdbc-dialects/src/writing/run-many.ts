import type { DriverValue, Session } from "../session.ts";
import type { Write } from "./writing.ts";

/** Runs a statement for each row, in one call where the driver has one. */
export async function runMany(
  session: Session,
  sql: string,
  rows: readonly (readonly DriverValue[])[],
): Promise<void> {
  if (session.executeMany !== undefined) return session.executeMany(sql, rows);
  for (const row of rows) await session.execute(sql, row);
}

/** Where placeholders are counted as they stand: an update's keys stand last. */
export function inOrderOfPlaceholders<Row>(write: Write<Row>): Write<Row> {
  if (write.mode !== "update") return write;
  const keys = write.columns.filter(({ isKey }) => isKey);
  return { ...write, columns: [...write.columns.filter(({ isKey }) => !isKey), ...keys] };
}
