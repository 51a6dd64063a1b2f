import {
  ConnectError,
  type OffsetStorageReader,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";
import type { TableId } from "./dialect/dialect.ts";
import { plainName } from "./tables.ts";

/**
 * The partition of a table's offsets (Java: `OffsetProtocols`, protocol 1). The order of
 * the members is the one in which Java writes them: the offsets topic is compacted by
 * these bytes.
 */
export function tablePartition(table: TableId): SourcePartition {
  return { protocol: "1", table: plainName(table) };
}

/** Protocol 0, of old connectors; bulk mode's records still carry it. */
export function barePartition(table: TableId): SourcePartition {
  return { table: table.name };
}

/** The place behind one row, so that a commit of any prefix is a place to resume from, I1 (Java: `TimestampIncrementingOffset.toMap`). */
export function incrementingOffset(value: number | bigint): SourceOffset {
  return { incrementing: value };
}

/** Where to start without an offset: like Java, above -1, so that negative values are never read. */
export const INITIAL_INCREMENTING = -1n;

/**
 * The last value read of each table: by protocol 1, else as an old connector left it,
 * else -1.
 * @throws {ConnectError} when an offset holds something else
 */
export async function readIncrementing(
  reader: OffsetStorageReader,
  tables: readonly TableId[],
): Promise<bigint[]> {
  const partitions = tables.flatMap((table) => [tablePartition(table), barePartition(table)]);
  const offsets = await reader.offsets(partitions);
  return tables.map((table, i) => {
    const offset = offsets[2 * i] ?? offsets[2 * i + 1] ?? null;
    return offset === null ? INITIAL_INCREMENTING : incrementingOf(table, offset);
  });
}

/** An offset without the member is one of a timestamp mode: all ids are new to this one. */
function incrementingOf(table: TableId, offset: SourceOffset): bigint {
  const value = offset["incrementing"] ?? INITIAL_INCREMENTING;
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return BigInt(value as number);
  throw new ConnectError(
    `The stored offset of table ${plainName(table)} has "incrementing": ${JSON.stringify(value)}, which is not a whole number; correct or reset the connector's offsets`,
  );
}
