import type { Instant } from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import { instantReader } from "./temporal.ts";

/** Reads from a data row when it is from: the first of some columns that has a value. */
export class RowClock {
  /** By the number of the column in the row; its rank and how its bytes are read. */
  readonly #columns: readonly (readonly [rank: number, read: InstantReader] | undefined)[];
  readonly #last: number;

  /** @throws {ConnectError} when such a column is not there or no time */
  constructor(
    columns: readonly { readonly name: string; readonly typeOid: number }[],
    names: readonly string[],
    timeZone: TimeZone,
  ) {
    this.#columns = columns.map(({ name, typeOid }) => {
      const rank = names.indexOf(name);
      return rank < 0 ? undefined : [rank, instantReader(name, typeOid, timeZone)];
    });
    this.#last = this.#columns.findLastIndex((column) => column !== undefined);
  }

  /** @param start of the data row's body: a count of columns, then length and bytes of each */
  read(bytes: Buffer, start: number): Instant | null {
    let at = start + 2;
    let bestRank = Infinity;
    let instant: Instant | null = null;
    for (let column = 0; column <= this.#last; column++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      const found = this.#columns[column];
      if (found !== undefined && length >= 0 && found[0] < bestRank) {
        bestRank = found[0];
        instant = found[1](bytes, at);
      }
      if (length > 0) at += length;
    }
    return instant;
  }
}

type InstantReader = (bytes: Buffer, at: number) => Instant;
