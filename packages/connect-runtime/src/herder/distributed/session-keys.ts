import { randomBytes } from "node:crypto";
import type { Logger } from "@millrace/connect-api";
import { macDigest } from "../../config/mac-algorithms.ts";
import type { SessionKey } from "../../store/config-snapshot.ts";

export interface SessionKeysOptions {
  /** `inter.worker.key.generation.algorithm` */
  readonly algorithm: string;
  /** `inter.worker.key.size`, in bits; null: as many as the algorithm's digest. */
  readonly sizeBits: number | null;
  /** `inter.worker.key.ttl.ms`; 0: keys are never made anew. */
  readonly ttlMs: number;
  /** The key that the config topic holds. */
  readonly current: () => SessionKey | undefined;
  readonly put: (key: SessionKey) => Promise<void>;
  readonly logger: Logger;
  readonly now?: () => number;
}

const RETRY_MS = 5_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const DIGEST_BITS: Readonly<Record<string, number>> = {
  md5: 512,
  sha1: 512,
  sha224: 224,
  sha256: 256,
  sha384: 384,
  sha512: 512,
};

/**
 * The keys that workers sign their requests to each other with (KIP-507). The leader makes
 * them: when there is none, when one has served its time, and when the wish has changed.
 */
export class SessionKeys {
  readonly #options: SessionKeysOptions;
  #leading = false;
  #timer: NodeJS.Timeout | undefined;
  #making: Promise<void> | undefined;
  /** The last one that this worker has made. */
  #own: Buffer | undefined;

  constructor(options: SessionKeysOptions) {
    this.#options = options;
  }

  /** Told after each rebalance whether this worker has to see to the keys. */
  setLeading(leading: boolean): void {
    this.#leading = leading;
    clearTimeout(this.#timer);
    if (leading) this.#see();
  }

  /** A key was read from the config topic. */
  read(key: SessionKey): void {
    const { logger } = this.#options;
    if (!this.#leading || this.#making !== undefined || this.#own?.equals(key.key) === true) return;
    logger.error(
      "While this worker leads, a session key of another leader appeared in config.storage.topic. Two clusters with different group.id seem to share the topic: give each its own config.storage.topic, offset.storage.topic and status.storage.topic",
    );
  }

  close(): void {
    this.#leading = false;
    clearTimeout(this.#timer);
  }

  #see(): void {
    const dueMs = this.#dueInMs();
    if (dueMs > 0) {
      this.#timer = setTimeout(() => this.#see(), Math.min(dueMs, LONGEST_TIMER_MS));
      this.#timer.unref();
    } else this.#making ??= this.#make().finally(() => (this.#making = undefined));
  }

  /** Milliseconds until a key must be made; Infinity: never. */
  #dueInMs(): number {
    const { algorithm, sizeBits, ttlMs, current, now = Date.now } = this.#options;
    const key = current();
    if (key === undefined || key.algorithm.toLowerCase() !== algorithm.toLowerCase()) return 0;
    if (sizeBits !== null && key.key.length !== bytes(sizeBits)) return 0;
    if (ttlMs === 0) return Infinity;
    // The clock of the worker that made it may be ahead of ours. A little does no harm.
    const dueMs = key.createdMs + ttlMs - now();
    return dueMs > 2 * ttlMs ? 0 : dueMs;
  }

  async #make(): Promise<void> {
    const { algorithm, sizeBits, put, logger, now = Date.now } = this.#options;
    const bits = sizeBits ?? DIGEST_BITS[macDigest(algorithm) ?? "sha256"] ?? 256;
    const key = { key: randomBytes(bytes(bits)), algorithm, createdMs: now() };
    this.#own = key.key;
    let nextMs = RETRY_MS;
    try {
      await put(key);
      logger.info("A new session key for requests between workers is distributed");
      nextMs = Math.max(this.#dueInMs(), RETRY_MS);
    } catch (error) {
      logger.warn(`No new session key yet, trying again in ${RETRY_MS} ms`, { error });
    }
    if (!this.#leading) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#see(), Math.min(nextMs, LONGEST_TIMER_MS));
    this.#timer.unref();
  }
}

function bytes(bits: number): number {
  return Math.ceil(bits / 8);
}
