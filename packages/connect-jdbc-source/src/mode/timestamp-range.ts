import type { Instant, Session } from "@millrace/jdbc-dialects";

export interface TimestampRangeOptions {
  /** `timestamp.delay.interval.ms`. */
  readonly delayMs: number;
  /** `watermark.safe`. */
  readonly safe: boolean;
}

/**
 * Up to when rows are read: before the time by the database's clock, less a delay for
 * rows that come late; with `safe`, before the oldest transaction as well that may still
 * bring some.
 */
export class TimestampRange {
  readonly #delay: bigint;
  readonly #safe: boolean;

  constructor({ delayMs, safe }: TimestampRangeOptions) {
    this.#delay = BigInt(delayMs) * 1_000_000n;
    this.#safe = safe;
  }

  /** The end, not included; null when the database cannot say at the moment. */
  async end(session: Session): Promise<Instant | null> {
    const now = this.#safe ? await session.safeTime() : await session.now();
    return now === null ? null : now - this.#delay;
  }
}
