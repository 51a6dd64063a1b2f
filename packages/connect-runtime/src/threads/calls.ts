import { ConnectError } from "@millrace/connect-api";
import { type ErrorData, RemoteError, toErrorData } from "../errors/error-data.ts";

/** One question or answer between two threads. */
export type CallMessage =
  | {
      readonly type: "ask";
      readonly call: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly type: "answer";
      readonly call: number;
      readonly value?: unknown;
      readonly error?: ErrorData;
    };

/** The methods one side offers, with their arguments and answers. */
export type Methods = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Questions and answers over a message channel; `Theirs` are the methods of the other side. */
export class Calls<Theirs extends Methods> {
  readonly #post: (message: CallMessage) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed: Error | undefined;

  constructor(post: (message: CallMessage) => void) {
    this.#post = post;
  }

  /**
   * Calls a method of the other side.
   * @throws {RemoteError} what it threw
   * @throws {ConnectError} when no answer came within `timeoutMs`
   */
  ask<M extends keyof Theirs & string>(
    method: M,
    args: Parameters<Theirs[M]>,
    timeoutMs?: number,
  ): Promise<Awaited<ReturnType<Theirs[M]>>> {
    if (this.#closed) return Promise.reject(this.#closed);
    const call = this.#next++;
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#waiting.delete(call);
              reject(new ConnectError(`${method} did not answer within ${timeoutMs} ms`));
            }, timeoutMs);
      // The answer has the type its method gives: both sides are compiled from one table.
      this.#waiting.set(call, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#post({ type: "ask", call, method, args });
    });
  }

  /** Hands an answer to whoever waits for it; one that comes too late is dropped. */
  answered(message: Extract<CallMessage, { type: "answer" }>): void {
    const waiting = this.#waiting.get(message.call);
    if (waiting === undefined) return;
    this.#waiting.delete(message.call);
    clearTimeout(waiting.timer);
    if (message.error) waiting.reject(new RemoteError(message.error));
    else waiting.resolve(message.value);
  }

  /** Runs the method that was asked for and posts its answer. */
  async asked(message: Extract<CallMessage, { type: "ask" }>, mine: Methods): Promise<void> {
    const { call, method, args } = message;
    try {
      const run = mine[method];
      if (run === undefined) throw new ConnectError(`No method ${method}`);
      this.#post({ type: "answer", call, value: await run(...(args as never[])) });
    } catch (error) {
      this.#post({ type: "answer", call, error: toErrorData(error) });
    }
  }

  /** Ends all waiting, now and later, because the other side is gone. */
  close(error: Error): void {
    this.#closed = error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
