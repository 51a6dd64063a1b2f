import { ConnectError, RetriableError } from "@millrace/connect-api";
import type { ServiceConfig } from "./config.ts";

export interface Item {
  /** Grows with each change, so reading on after the last one seen misses nothing. */
  readonly id: number;
  readonly name: string;
}

/**
 * The only place that knows the service's protocol: its errors become the worker's here. What may
 * go away by itself is retriable, and the worker tries again; all else fails the task.
 */
export class ExampleClient {
  readonly #config: ServiceConfig;

  constructor(config: ServiceConfig) {
    this.#config = config;
  }

  /** Items after one, in the order of their ids. */
  async after(id: number, limit: number, signal: AbortSignal): Promise<readonly Item[]> {
    const answer = await this.#request("GET", `/items?after=${id}&limit=${limit}`, signal);
    return answer as readonly Item[];
  }

  /** Writing the same item again changes nothing, so a batch may be repeated. */
  async put(items: readonly Item[], signal: AbortSignal): Promise<void> {
    await this.#request("PUT", "/items", signal, items);
  }

  async remove(ids: readonly number[], signal: AbortSignal): Promise<void> {
    await this.#request("DELETE", "/items", signal, ids);
  }

  async #request(
    method: string,
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<unknown> {
    const {
      "example.url": url,
      "example.token": token,
      "example.timeout.ms": timeoutMs,
    } = this.#config;
    const what = `${method} ${path.split("?", 1)[0]!} of ${url}`;
    let response: Response;
    try {
      response = await fetch(new URL(path, url), {
        method,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        redirect: "error",
        headers: {
          ...(token !== null && { authorization: `Bearer ${token.value()}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw new RetriableError(`Could not ${what}; is example.url right, and the service up?`, {
        cause,
      });
    }
    const text = await response.text();
    if (response.ok) return text === "" ? undefined : JSON.parse(text);
    const message = `Could not ${what}: ${response.status} ${text.slice(0, 200)}`;
    if (response.status === 401 || response.status === 403)
      throw new ConnectError(`${message}; check example.token`);
    if (response.status === 429 || response.status >= 500) throw new RetriableError(message);
    throw new ConnectError(message);
  }
}
