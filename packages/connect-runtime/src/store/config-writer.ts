import { ConnectError, type Logger } from "@millrace/connect-api";
import type { ConfigChange } from "./config-changes.ts";
import type { Appended, CompactedLog, LogWrite } from "./compacted-log.ts";
import { endsIn } from "./ends-in.ts";

/** What changes are written to. */
export type ChangeLog = Pick<CompactedLog, "topic" | "refresh" | "append" | "taken">;

/**
 * Writes changes one after the other; each has a time limit.
 *
 * A record that was given to the producer can't be got back from it: a broker that hangs may have
 * it, and will write it. So a change that is not confirmed in time is taken back by records behind
 * it, which the producer keeps in order: whenever the brokers are back, they end with what was there
 * before, and whoever was told of a failure was told the truth. (Java answers 500, and the connector
 * exists later.) What is left is a race of workers: a change that another worker writes between the
 * two is taken back with it.
 */
export class ConfigWriter {
  readonly #log: ChangeLog;
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  readonly #atomic: boolean;
  #last: Promise<unknown> = Promise.resolve();
  /** Taking back under way: the snapshot may show what is about to be taken back. */
  #unsettled: Promise<unknown> | undefined;

  /** @param options.atomic what is appended is there as a whole or not at all: a change is one append */
  constructor(
    log: ChangeLog,
    timeoutMs: number,
    logger: Logger,
    { atomic = false }: { atomic?: boolean } = {},
  ) {
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
    this.#atomic = atomic;
  }

  /**
   * Resolves when everything is acknowledged and was read back.
   * @param failure Java's words for it, as `Error writing connector configuration to Kafka`
   * @param plan is asked when the changes before are through, so that it sees what they wrote
   * @param options.readFirst asks the brokers too, for what other workers wrote
   * @throws {ConnectError} that begins with `failure`
   */
  write(failure: string, plan: () => ConfigChange, { readFirst = false } = {}): Promise<void> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const turn = this.#last
      .then(() => this.#inTurn(plan, readFirst, deadline))
      .catch((error: unknown) => {
        throw this.#explain(failure, error, deadline);
      });
    this.#last = turn.catch(() => undefined); // the caller has the error
    return turn;
  }

  async #inTurn(plan: () => ConfigChange, readFirst: boolean, deadline: AbortSignal) {
    await endsIn(deadline, this.#unsettled ?? Promise.resolve());
    if (readFirst) await this.#log.refresh(deadline);
    await this.#run(plan(), deadline);
  }

  async #run({ steps, inverse }: ConfigChange, deadline: AbortSignal): Promise<void> {
    let begun = 0;
    try {
      for (const step of this.#atomic ? [steps.flat()] : steps) {
        deadline.throwIfAborted();
        begun++;
        await this.#confirm(this.#log.append(step), deadline);
      }
    } catch (error) {
      if (begun === 0 || (begun === 1 && error instanceof NothingWritten)) throw error;
      if (inverse === undefined)
        throw new Unconfirmed("It may be written yet, when the brokers are back", error);
      this.#takeBack(inverse(this.#atomic ? steps.length : begun));
      throw new Unconfirmed(
        "The change is taken back: should it be written, then what was there before is written behind it",
        error,
      );
    }
  }

  /** @throws {NothingWritten} when that is certain; the signal's reason */
  async #confirm({ delivered, giveUp }: Appended, deadline: AbortSignal): Promise<void> {
    const { parts, error } = await endsIn(deadline, delivered).catch((reason: unknown) => {
      if (giveUp?.() === true) throw new NothingWritten(this.#late, { cause: reason });
      throw reason;
    });
    if (error !== undefined)
      throw parts.length === 0 ? new NothingWritten(error.message, { cause: error }) : error;
    await this.#log.taken(parts, deadline);
  }

  #takeBack(writes: readonly LogWrite[]): void {
    const settled = this.#settle(writes).finally(() => {
      if (this.#unsettled === settled) this.#unsettled = undefined;
    });
    this.#unsettled = settled;
  }

  /** Never rejects. */
  async #settle(writes: readonly LogWrite[]): Promise<void> {
    try {
      const { parts, error } = await this.#log.append(writes).delivered;
      if (error !== undefined) throw error;
      await this.#log.taken(parts);
      this.#logger.info(`Took back a change of ${this.#log.topic} that was not confirmed in time`);
    } catch (error) {
      this.#logger.error(
        `Could not take back a change of ${this.#log.topic} that was not confirmed; look at the connector, and write it again`,
        { error },
      );
    }
  }

  get #late(): string {
    return `no broker answered within ${this.#timeoutMs} ms`;
  }

  #explain(failure: string, error: unknown, deadline: AbortSignal): ConnectError {
    const outcome = error instanceof Unconfirmed ? error.message : "Nothing was written";
    const cause = error instanceof Unconfirmed ? error.cause : error;
    const why =
      cause === deadline.reason
        ? this.#late
        : cause instanceof Error
          ? cause.message
          : String(cause);
    return new ConnectError(`${failure}: ${why}. ${outcome}`, { cause });
  }
}

/** The producer refused the records for good. */
class NothingWritten extends Error {}

/** What becomes of a change that may have been written, or may be yet. */
class Unconfirmed extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}
