import { ConnectError, isRetriable, RetriableError, type Logger } from "@millrace/connect-api";
import type { ConnectionSettings, Dialect } from "./dialect.ts";
import type { Session } from "./session.ts";
import { pause } from "./wait.ts";

export interface SessionsOptions {
  readonly dialect: Dialect;
  readonly settings: ConnectionSettings;
  /** `connection.attempts`. */
  readonly attempts: number;
  /** `connection.backoff.ms`. */
  readonly backoffMs: number;
  readonly logger: Logger;
}

/** The one connection of a task or connector, made again when it was lost (Java: `CachedConnectionProvider`). */
export class Sessions {
  readonly #options: SessionsOptions;
  #current: Session | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * The session, connected.
   * @throws {RetriableError} when the database could not be reached in all attempts, or the signal aborted
   * @throws {ConnectError} when it refuses, at once
   */
  async get(signal: AbortSignal): Promise<Session> {
    if (this.#current?.usable) return this.#current;
    await this.drop();
    const session = await this.#connect(signal);
    if (signal.aborted) {
      await session.close();
      throw new RetriableError("The connection is not needed any more");
    }
    this.#current = session;
    return session;
  }

  /** Closes the session, cancelling what it runs. The next `get` connects anew. */
  async drop(): Promise<void> {
    const session = this.#current;
    this.#current = undefined;
    await session?.close();
  }

  async #connect(signal: AbortSignal): Promise<Session> {
    const { dialect, settings, attempts, backoffMs, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await dialect.connect(settings, signal);
      } catch (error) {
        if (!isRetriable(error) || attempt >= attempts || signal.aborted) throw error;
        const why = error instanceof ConnectError ? error.message : String(error);
        logger.warn(
          `Attempt ${attempt} of ${attempts} failed, the next in ${backoffMs} ms: ${why}`,
        );
        await pause(backoffMs, signal);
      }
    }
  }
}
