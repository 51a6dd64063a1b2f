import { Struct } from "@millrace/connect-api";
import { hashMapOrder } from "./java-order.ts";
import { BLOCK, COLLECTION_COUNT } from "./schemas.ts";

/** Counts the events of the transaction under way, for `provide.transaction.metadata`. */
export class TransactionCount {
  readonly txId: string;
  readonly #byTable = new Map<string, number>();
  #total = 0;

  /** @param byTable events that were counted before a restart */
  constructor(txId: string, byTable: Iterable<readonly [string, number]> = []) {
    this.txId = txId;
    for (const [table, count] of byTable) {
      this.#byTable.set(table, count);
      this.#total += count;
    }
  }

  get total(): number {
    return this.#total;
  }

  get byTable(): ReadonlyMap<string, number> {
    return this.#byTable;
  }

  /** Counts one event and tells its place. */
  block(table: string, lsn: number): Struct {
    const count = (this.#byTable.get(table) ?? 0) + 1;
    this.#byTable.set(table, count);
    this.#total += 1;
    return Struct.of(BLOCK, [`${this.txId}:${lsn}`, this.#total, count]);
  }

  /** Counts of the tables, for the event that ends the transaction. */
  counts(): Struct[] {
    return hashMapOrder([...this.#byTable.keys()]).map((table) =>
      Struct.of(COLLECTION_COUNT, [table, this.#byTable.get(table)]),
    );
  }
}
