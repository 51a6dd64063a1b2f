import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Call } from "./api/api.ts";
import type { Handler } from "./resource.ts";
import { RestError } from "./rest-error.ts";

/** What makes a plugin check a configuration, or connect to what it is for. */
const EXPENSIVE: ReadonlySet<string> = new Set<Call>([
  "POST /connectors",
  "PUT /connectors/:name/config",
  "PATCH /connectors/:name/config",
  "PATCH /connectors/:name/offsets",
  "DELETE /connectors/:name/offsets",
  "PUT /connector-plugins/:plugin/config/validate",
  "POST /millrace/dry-run",
]);

const RETRY_AFTER_SECONDS = 5;

/** How many expensive requests a worker takes on. */
export interface Capacity {
  readonly atOnce: number;
  /** How long others wait for their turn, in milliseconds. */
  readonly patienceMs: number;
}

/** Scripts that make hundreds of connectors at once wait a little; they are never refused. */
export const CAPACITY: Capacity = { atOnce: 100, patienceMs: 30_000 };

/**
 * Lets so many expensive requests in at once. Others wait before their bodies are read, so memory
 * is bounded whatever is sent; those that have waited for too long are answered with 503 and
 * `Retry-After`: it is not their senders' rate (429) that is too high.
 */
export function boundCalls(app: FastifyInstance, turns: Turns): void {
  /** Those that have a turn, and have not reached their handlers yet. */
  const waiting = new Set<FastifyRequest>();
  app.addHook("onRequest", async (request, reply) => {
    if (!isExpensive(request.method, request.routeOptions.url)) return;
    const left = new Promise<void>((resolve) => {
      if (reply.raw.closed) resolve();
      else reply.raw.once("close", resolve);
    });
    if (await turns.take(left)) {
      waiting.add(request);
      void left.then(() => waiting.delete(request) && turns.give());
      return;
    }
    reply.header("retry-after", RETRY_AFTER_SECONDS);
    throw new RestError(
      503,
      `The worker is busy with ${turns.atOnce} requests of this kind. Ask again in ${RETRY_AFTER_SECONDS} seconds`,
    );
  });
  // Who goes away once their request is worked on has not ended the work.
  app.addHook("onRoute", (route) => {
    if (!isExpensive(route.method, route.url)) return;
    const handler = route.handler as Handler;
    route.handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const begun = waiting.delete(request);
      try {
        return await handler(request, reply);
      } finally {
        if (begun) turns.give();
      }
    };
  });
}

function isExpensive(method: string | string[], route: string | undefined): boolean {
  return typeof method === "string" && EXPENSIVE.has(`${method} ${route ?? ""}`);
}

/** Turns are taken in the order in which they were asked for. */
export class Turns {
  readonly atOnce: number;
  readonly #patienceMs: number;
  #free: number;
  readonly #waiting = new Set<(taken: boolean) => void>();

  constructor({ atOnce, patienceMs }: Capacity = CAPACITY) {
    this.atOnce = atOnce;
    this.#free = atOnce;
    this.#patienceMs = patienceMs;
  }

  /**
   * @param left resolves when nobody waits for the answer any more
   * @returns false when it did not come to a turn
   */
  async take(left: Promise<void>): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const settle = (taken: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(taken);
      };
      const timer = setTimeout(() => settle(false), this.#patienceMs);
      this.#waiting.add(settle);
      void left.then(() => settle(false));
    });
  }

  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next(true);
  }
}
