import type { Clock } from "./clock.ts";

export interface HeartbeatTimes {
  sessionTimeoutMs: number;
  /** How long the caller may take between two polls. */
  rebalanceTimeoutMs: number;
  heartbeatIntervalMs: number;
  retryBackoffMs: number;
}

export interface HeartbeatActions {
  /** Sends one. @returns whether the coordinator answered; never rejects */
  send(): Promise<boolean>;
  /** No answer for the session timeout. Called again each time that passes. */
  sessionExpired(): void;
  /** The caller did not poll for the rebalance timeout. Heartbeats have stopped. */
  pollExpired(): void;
}

/** When to send heartbeats and when to give up (Java: Heartbeat and the HeartbeatThread). */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #actions: HeartbeatActions;
  #cancelTimer: (() => void) | undefined;
  #run = 0;
  #underWay: Promise<boolean> | undefined;
  #lastHeard = 0;
  #lastPoll = 0;

  constructor(clock: Clock, times: HeartbeatTimes, actions: HeartbeatActions) {
    this.#clock = clock;
    this.#times = times;
    this.#actions = actions;
  }

  /** Both timeouts start anew: a join may have waited for others longer than they allow. */
  start(): void {
    this.stop();
    this.#lastHeard = this.#lastPoll = this.#clock.now();
    this.#schedule(this.#times.heartbeatIntervalMs);
  }

  /** An answer to a heartbeat that is under way counts no more. */
  stop(): void {
    this.#run++;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#underWay = undefined;
  }

  /**
   * Sends one without waiting for the interval, unless one is under way: then that one counts.
   * @returns whether the coordinator was heard of; false while there are none to be sent
   */
  now(): Promise<boolean> {
    if (this.#underWay !== undefined) return this.#underWay;
    if (this.#cancelTimer === undefined) return Promise.resolve(false);
    this.#cancelTimer();
    return this.#beat();
  }

  polled(): void {
    this.#lastPoll = this.#clock.now();
  }

  #schedule(delayMs: number): void {
    const untilPollExpires = this.#lastPoll + this.#times.rebalanceTimeoutMs - this.#clock.now();
    const ms = Math.max(0, Math.min(delayMs, untilPollExpires));
    this.#cancelTimer = this.#clock.after(ms, () => void this.#beat());
  }

  async #beat(): Promise<boolean> {
    const { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatIntervalMs, retryBackoffMs } =
      this.#times;
    const started = this.#clock.now();
    if (started - this.#lastPoll >= rebalanceTimeoutMs) {
      this.stop();
      this.#actions.pollExpired();
      return false;
    }
    if (started - this.#lastHeard >= sessionTimeoutMs) {
      this.#lastHeard = started;
      this.#actions.sessionExpired();
    }
    const run = this.#run;
    const underWay = (this.#underWay = this.#actions.send());
    const heard = await underWay;
    if (this.#underWay === underWay) this.#underWay = undefined;
    if (run !== this.#run) return heard;
    const now = this.#clock.now();
    if (heard) this.#lastHeard = now;
    this.#schedule(heard ? heartbeatIntervalMs - (now - started) : retryBackoffMs);
    return heard;
  }
}
