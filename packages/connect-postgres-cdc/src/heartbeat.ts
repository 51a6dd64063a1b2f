import type { Logger } from "@millrace/connect-api";
import type { Connection } from "./client.ts";
import type { Config } from "./config.ts";

/** When heartbeats are due, and the statement that goes with each. */
export class Heartbeat {
  readonly #intervalMs: number;
  readonly #query: string | null;
  readonly #logger: Logger;
  #dueAt: number;

  constructor(config: Config, logger: Logger) {
    this.#intervalMs = config["heartbeat.interval.ms"];
    this.#query = config["heartbeat.action.query"];
    this.#logger = logger;
    this.#dueAt = this.#intervalMs > 0 ? Date.now() + this.#intervalMs : Infinity;
  }

  /** Milliseconds until the next; Infinity where there are none. */
  get dueInMs(): number {
    return this.#dueAt - Date.now();
  }

  /** Whether one is due; it is then taken as done. */
  take(): boolean {
    if (this.dueInMs > 0) return false;
    this.#dueAt = Date.now() + this.#intervalMs;
    return true;
  }

  /** Runs `heartbeat.action.query`. A failure is told, and the next heartbeat tries again. */
  async act(connection: () => Promise<Connection>): Promise<void> {
    if (this.#query === null) return;
    try {
      const session = await connection();
      await session.query(this.#query, "Could not run heartbeat.action.query");
    } catch (error) {
      this.#logger.warn("heartbeat.action.query failed; the next heartbeat tries again", { error });
    }
  }
}
