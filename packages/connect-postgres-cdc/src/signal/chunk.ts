import { type Connection, quoteName, quoteText } from "../client.ts";
import { emptyRow, type TablePlan } from "../event/table-plan.ts";

/** A table that an incremental snapshot reads. */
export interface ChunkedTable {
  readonly plan: TablePlan;
  /** What chunks are ordered by: the key's columns, or a surrogate. */
  readonly orderBy: readonly string[];
  /** SQL that its rows have to fulfil. */
  readonly condition: string | null;
}

/** Values of the ordering columns, as the server writes them. */
export type ChunkKey = readonly string[];

export interface Chunk {
  readonly rows: unknown[][];
  /** Behind which the next chunk begins; null where this one has no rows. */
  readonly last: ChunkKey | null;
  /** What the query has seen: `xmin:xmax:running,running`; null without rows. */
  readonly snapshot: string | null;
}

const columnsOf = (names: readonly string[]) => names.map(quoteName).join(", ");
const valuesOf = (key: ChunkKey) => key.map(quoteText).join(", ");
const tableOf = ({ id }: TablePlan) => `${quoteName(id.schema)}.${quoteName(id.name)}`;
const keysOf = (names: readonly string[]) =>
  names.map((name, i) => `${quoteName(name)}::text AS "k${i}"`).join(", ");

function where(conditions: readonly (string | null)[]): string {
  const set = conditions.filter((condition) => condition !== null);
  return set.length === 0 ? "" : ` WHERE ${set.map((condition) => `(${condition})`).join(" AND ")}`;
}

/** The greatest key there is now; null for a table without rows. */
export async function greatestKey(
  connection: Connection,
  { plan, orderBy, condition }: ChunkedTable,
): Promise<ChunkKey | null> {
  const descending = orderBy.map((name) => `${quoteName(name)} DESC`).join(", ");
  const [row] = await connection.query(
    `SELECT ${keysOf(orderBy)} FROM ${tableOf(plan)}${where([condition])} ORDER BY ${descending} LIMIT 1`,
    `Could not read the greatest key of ${plan.name}`,
  );
  return row === undefined ? null : row.map((value) => value ?? "");
}

/** The rows behind one key and up to another. */
export async function readChunk(
  connection: Connection,
  { plan, orderBy, condition }: ChunkedTable,
  after: ChunkKey | null,
  upTo: ChunkKey,
  size: number,
): Promise<Chunk> {
  const read = plan.columns.filter(({ place }) => place >= 0);
  const key = `(${columnsOf(orderBy)})`;
  const conditions = [
    condition,
    after === null ? null : `${key} > (${valuesOf(after)})`,
    `${key} <= (${valuesOf(upTo)})`,
  ];
  const rows = await connection.query(
    `SELECT ${columnsOf(read.map(({ name }) => name))}, ${keysOf(orderBy)}, txid_current_snapshot()::text
     FROM ${tableOf(plan)}${where(conditions)} ORDER BY ${columnsOf(orderBy)} LIMIT ${size}`,
    `Could not read a chunk of ${plan.name}`,
  );
  return {
    rows: rows.map((texts) => {
      const row = emptyRow(plan);
      for (const [i, column] of read.entries()) {
        const text = texts[i];
        row[column.place] =
          text === null || text === undefined ? column.whenNull : valueOf(column.read, text);
      }
      return row;
    }),
    last:
      rows
        .at(-1)
        ?.slice(read.length, -1)
        .map((value) => value ?? "") ?? null,
    snapshot: rows.at(-1)?.at(-1) ?? null,
  };
}

function valueOf(read: TablePlan["columns"][number]["read"], text: string): unknown {
  const bytes = Buffer.from(text);
  return read(bytes, 0, bytes.length);
}

/**
 * Whether a query has seen the changes of a transaction. A transaction becomes visible a
 * moment after its commit is in the log, so one that the stream has brought may be missing.
 * @param snapshot `xmin:xmax:running,running`, of 64 bits
 * @param txId of 32 bits, as the stream has it
 */
export function hasSeen(snapshot: string, txId: number): boolean {
  const [, end = "0", running = ""] = snapshot.split(":");
  const low = (id: string) => Number(BigInt.asUintN(32, BigInt(id)));
  if (running !== "" && running.split(",").some((id) => low(id) === txId)) return false;
  const ahead = (txId - low(end)) >>> 0;
  return ahead >= 0x8000_0000;
}
