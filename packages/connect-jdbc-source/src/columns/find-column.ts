import type { ResultColumn } from "@millrace/jdbc-dialects";

/** The column of exactly this name, else the only one that differs by case alone. */
export function findColumn(
  columns: readonly ResultColumn[],
  name: string,
): ResultColumn | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const similar = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return similar.length === 1 ? similar[0] : undefined;
}

/** For messages. */
export const namesOfColumns = (columns: readonly ResultColumn[]): string =>
  columns.map(({ name }) => name).join(", ");
