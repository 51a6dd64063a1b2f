import type { FastifyReply, FastifyRequest } from "fastify";
import { RebalanceNeededError, RequestTargetError } from "../herder/target-errors.ts";
import { locate } from "./location.ts";
import { rawBody } from "./raw-body.ts";
import { type Handler, jsonText, queryFlag, queryValues } from "./resource.ts";
import type { Resources } from "./resources.ts";
import type { RestAnswer } from "./rest-client.ts";
import { RestError } from "./rest-error.ts";

/** What the target must know besides the path; anything else in a query is without meaning. */
const KEPT_FLAGS = ["includeTasks", "onlyFailed"];

/**
 * A handler whose work may belong to another worker of the cluster (Java:
 * `HerderRequestHandler.completeOrForwardRequest`). Where the herder says so, the request goes
 * to the worker it names, and that one's answer is the answer. The query parameter `forward`
 * ends loops: absent, the target may forward once more; `true`, it may not; `false`, this
 * worker may not. So there are at most two hops, as with the Java worker, in mixed clusters too.
 * @param headers what is passed on besides `Authorization`
 * @throws {RestError} 409 when nobody can answer now: the client is to ask again
 */
export function forwarded(
  resources: () => Resources,
  handler: Handler,
  headers: readonly string[] = [],
): Handler {
  return async (request, reply) => {
    try {
      return await handler(request, reply);
    } catch (error) {
      if (error instanceof RebalanceNeededError) {
        throw new RestError(
          409,
          "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)",
          { cause: error },
        );
      }
      if (!(error instanceof RequestTargetError)) throw error;
      const { url, mayForward } = nextHop(request, error);
      const answer = await whileAsked(reply, (signal) =>
        resources().client.send({
          method: request.method,
          base: url,
          path: pathOf(request, mayForward),
          headers: copied(request, ["Authorization", ...headers]),
          body: rawBody(request),
          signal,
        }),
      );
      return passOn(request, reply, answer);
    }
  };
}

/** Only the herder decides where a request goes, never the request. */
function nextHop(
  request: FastifyRequest,
  error: RequestTargetError,
): { url: string; mayForward: boolean } {
  const [forward] = queryValues(request, "forward");
  if (forward !== undefined && forward.toLowerCase() !== "true") {
    throw new RestError(
      409,
      "Cannot complete request because of a conflicting operation (e.g. worker rebalance)",
      { cause: error },
    );
  }
  if (error.url === undefined) {
    throw new RestError(
      409,
      "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.",
      { cause: error },
    );
  }
  return { url: error.url, mayForward: forward === undefined };
}

/** The path as it came: decoded and encoded again it could mean another connector. */
function pathOf(request: FastifyRequest, mayForward: boolean): string {
  const query = new URLSearchParams({ forward: String(mayForward) });
  for (const flag of KEPT_FLAGS) {
    if (queryValues(request, flag).length > 0) {
      query.set(flag, String(queryFlag(request, flag, false)));
    }
  }
  return `${(request.raw.url ?? "/").split("?", 1)[0]}?${query.toString()}`;
}

function copied(request: FastifyRequest, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = request.headers[name.toLowerCase()];
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

/** Nobody waits for the answer any more once the client, or this server, has closed the connection. */
async function whileAsked<T>(
  { raw }: FastifyReply,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const asked = new AbortController();
  const abort = () => asked.abort();
  if (raw.closed) abort();
  raw.once("close", abort);
  try {
    return await ask(asked.signal);
  } finally {
    raw.off("close", abort);
  }
}

function passOn(request: FastifyRequest, reply: FastifyReply, answer: RestAnswer): FastifyReply {
  const { status, body } = answer;
  if (body === undefined) return reply.status(status).send();
  // The target's own would lead clients to an address that they may not reach.
  if (status === 201) {
    const { name } = body.json as { name?: unknown };
    if (typeof name === "string") locate(request, reply, name);
  }
  return jsonText(reply, body.text, status);
}
