import type { Lines } from "./lines.ts";

/** Where a task gets its lines. Calls never overlap. */
export interface LineSource extends AsyncDisposable {
  /**
   * The next lines, at least one; null when there are none now or the signal was aborted.
   * @throws {ConnectError} naming what could not be read
   */
  next(signal: AbortSignal): Promise<Lines | null>;
  /** Waits that long for more, or until the signal is aborted. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
}
