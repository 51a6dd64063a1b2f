import type { FastifyRequest } from "fastify";
import type { Call } from "./api/api.ts";
import { isObject, textOrNull } from "./json-body.ts";

/** Tell the connector in their bodies. */
const NAMING: ReadonlySet<string> = new Set<Call>(["POST /connectors", "POST /millrace/dry-run"]);

/**
 * The connector that a request is about: that of its path, or, as soon as the body is read, the
 * one that `POST /connectors` makes, or a dry run would.
 */
export function connectorOf(request: FastifyRequest): string | undefined {
  const route = request.routeOptions.url ?? "";
  if (/^(\/millrace)?\/connectors\/:name(\/|$)/.test(route)) {
    return (request.params as Record<string, string>)["name"];
  }
  return NAMING.has(`${request.method} ${route}`) ? submittedName(request.body) : undefined;
}

function submittedName(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  try {
    return connectorName(body["name"]);
  } catch {
    // What is no name is refused by who makes the connector, with a better message.
    return undefined;
  }
}

/**
 * The name of a connector as it was submitted; none is an empty one, which is invalid.
 * @throws {RestError} 500 for an object or a list
 */
export function connectorName(submitted: unknown): string {
  return (textOrNull(submitted ?? null, `"name"`) ?? "").trim();
}
