import type { Document } from "../bson/document.ts";
import { toJson } from "../bson/json-writer.ts";

/** Says when the position of a stream that gives nothing is worth a record. */
export class Heartbeat {
  readonly #intervalMs: number;
  readonly #now: () => number;
  #lastMs = 0;
  #lastToken: string | undefined;

  constructor(intervalMs: number, now: () => number = Date.now) {
    this.#intervalMs = intervalMs;
    this.#now = now;
  }

  /** The token as text when it is due: the interval is over and the token is another one. */
  due(token: Document | undefined): string | undefined {
    if (this.#intervalMs <= 0 || token === undefined) return undefined;
    if (this.#now() - this.#lastMs <= this.#intervalMs) return undefined;
    this.#lastMs = this.#now();
    const text = toJson(token);
    if (text === this.#lastToken) return undefined;
    this.#lastToken = text;
    return text;
  }
}
