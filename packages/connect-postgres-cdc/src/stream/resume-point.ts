import type { CdcOffset } from "../offset.ts";

/**
 * Tells which changes were taken before a restart in the middle of their transaction. The
 * server sends whole transactions, in the order of their commits, from the last one that
 * was taken whole; so only the first that comes may have been taken in part, and of it
 * everything up to the stored lsn. At that lsn several changes may lie.
 */
export class ResumePoint {
  readonly #offset: CdcOffset;
  /** In the transaction that was taken in part. */
  #isInside = false;
  #eventsAtLsn = 0;

  constructor(offset: CdcOffset) {
    this.#offset = offset;
  }

  /** @returns whether its begin was told already */
  begins(txId: number): boolean {
    const { messageType, transaction } = this.#offset;
    const isPart = messageType !== null && messageType !== "COMMIT";
    this.#isInside = isPart && this.#offset.txId === txId;
    return this.#isInside && transaction !== null;
  }

  ends(): void {
    this.#isInside = false;
  }

  /** Whether the change of that lsn was taken; each is asked for once. */
  wasTaken(lsn: number): boolean {
    if (!this.#isInside) return false;
    const { lsn: last, messageType, eventsAtLsn } = this.#offset;
    if (last === null || lsn > last || messageType === "BEGIN") return false;
    if (lsn < last || eventsAtLsn === 0) return true;
    this.#eventsAtLsn += 1;
    return this.#eventsAtLsn <= eventsAtLsn;
  }

  /** The same of a logical message that stands outside of transactions. */
  wasTakenOutside(lsn: number): boolean {
    const { lsn: last, messageType } = this.#offset;
    return messageType === "MESSAGE" && last !== null && lsn <= last;
  }
}
