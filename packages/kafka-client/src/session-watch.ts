import type { Clock } from "./clock.ts";

/**
 * Until when no other member can have been given what we hold, by our own clock: the session
 * timeout after the last request that was answered was *sent*, for the coordinator counts from
 * when it read it. A process that was stopped for long is told by the first timer, or by the first
 * answer, that it reads.
 */
export class SessionWatch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #expired: () => void;
  #cancelTimer: (() => void) | undefined;
  #watching = false;
  /** When the last request was sent that was answered. */
  #sentAt = -Infinity;

  /** @param expired is called once; `start` begins anew */
  constructor(clock: Clock, timeoutMs: number, expired: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#expired = expired;
  }

  /** The request that was sent then has made us a member. */
  start(sentAt: number): void {
    this.#watching = true;
    this.heard(sentAt);
  }

  /** The coordinator answered a request that was sent then as to a member. */
  heard(sentAt: number): void {
    this.#sentAt = Math.max(this.#sentAt, sentAt);
    this.check();
  }

  /** We are no member any more. */
  stop(): void {
    this.#watching = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Calls `expired` now if it is time. */
  check(): void {
    if (!this.#watching) return;
    this.#cancelTimer?.();
    const left = this.#sentAt + this.#timeoutMs - this.#clock.now();
    if (left > 0) {
      this.#cancelTimer = this.#clock.after(left, () => this.check());
      return;
    }
    this.stop();
    this.#expired();
  }
}
