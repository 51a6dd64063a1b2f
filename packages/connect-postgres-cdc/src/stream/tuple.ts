import { DataError } from "@millrace/connect-api";
import { type ColumnPlan, emptyRow, type TablePlan } from "../event/table-plan.ts";
import { NULL_VALUE, TEXT_VALUE, UNCHANGED_VALUE } from "./pgoutput.ts";

/** Reads rows of pgoutput where they lie. */
export class TupleReader {
  /** Behind the tuple that was read last. */
  at = 0;

  /**
   * @param at where the tuple begins
   * @param old the whole old row, whose values stand for those that an update has left as they were
   */
  read(bytes: Buffer, at: number, plan: TablePlan, old: unknown[] | null): unknown[] {
    const { columns } = plan;
    const count = bytes.readInt16BE(at);
    const row = emptyRow(plan);
    at += 2;
    for (let i = 0; i < count; i++) {
      const column = columns[i]!;
      const { place } = column;
      switch (bytes[at++]) {
        case TEXT_VALUE: {
          const length = bytes.readInt32BE(at);
          at += 4;
          if (place >= 0) row[place] = column.read(bytes, at, length) ?? refuseNull(plan, column);
          at += length;
          break;
        }
        case NULL_VALUE:
          if (place >= 0) row[place] = column.whenNull;
          break;
        case UNCHANGED_VALUE:
          if (place >= 0) row[place] = old?.[place] ?? column.unavailable;
          break;
        default:
          throw new DataError(`Not a value of pgoutput: kind ${bytes[at - 1]} in ${plan.name}`);
      }
    }
    this.at = at;
    return row;
  }
}

/** A value without a place in its form, such as NaN in a Decimal, is null where the column may be. */
export function refuseNull(plan: TablePlan, column: ColumnPlan): null {
  if (column.whenNull === null) return null;
  throw new DataError(
    `Column ${plan.name}.${column.name} must not be null, but holds NaN or an infinity, which a Decimal has no room for. Set decimal.handling.mode to double or string`,
  );
}
