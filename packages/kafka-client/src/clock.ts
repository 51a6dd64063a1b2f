/** Time and timers, injected so that tests need not wait. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Runs `action` once after `ms`. @returns what cancels it */
  after(ms: number, action: () => void): () => void;
}

/** Monotonic: a change of the machine's time expires no session. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
