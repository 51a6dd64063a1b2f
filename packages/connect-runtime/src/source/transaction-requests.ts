import { ConnectError, type SourceRecord, type TransactionContext } from "@millrace/connect-api";

export type TransactionEnd = "commit" | "abort";

/** What a task that defines its own transactions has asked for (Java: `WorkerTransactionContext`). */
export class TransactionRequests implements TransactionContext {
  #afterBatch: TransactionEnd | undefined;
  /** Weak: a plugin may name a record that it never returns. */
  readonly #afterRecord = new WeakMap<SourceRecord, TransactionEnd>();

  /** @throws {ConnectError} when the opposite was asked for before */
  commitTransaction(record?: SourceRecord): void {
    this.#ask("commit", record);
  }

  /** @throws {ConnectError} when the opposite was asked for before */
  abortTransaction(record?: SourceRecord): void {
    this.#ask("abort", record);
  }

  /** How the transaction is to end after this record, which was sent, filtered or skipped. */
  takeAfterRecord(record: SourceRecord): TransactionEnd | undefined {
    const end = this.#afterRecord.get(record);
    if (end !== undefined) this.#afterRecord.delete(record);
    return end;
  }

  takeAfterBatch(): TransactionEnd | undefined {
    const end = this.#afterBatch;
    this.#afterBatch = undefined;
    return end;
  }

  #ask(end: TransactionEnd, record: SourceRecord | undefined): void {
    const before = record === undefined ? this.#afterBatch : this.#afterRecord.get(record);
    if (before !== undefined && before !== end) {
      const what = record === undefined ? "the same batch" : "the same record";
      throw new ConnectError(
        `The connector asks for its transaction to be both committed and aborted after ${what}`,
      );
    }
    if (record === undefined) this.#afterBatch = end;
    else this.#afterRecord.set(record, end);
  }
}
