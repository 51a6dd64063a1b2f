import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "@millrace/connect-api";
import type { Api } from "./api/api.ts";
import { connectorOf } from "./connector-of.ts";
import { queryValues } from "./resource.ts";
import { isInternal } from "./uri-check.ts";
import { userOf } from "./user.ts";

/** Change nothing, whatever their method. */
const HARMLESS: ReadonlySet<string> = new Set<keyof Api>([
  "/connector-plugins/:plugin/config/validate",
  "/millrace/dry-run",
]);

/** The connector that it makes is named in its body; other paths name theirs. */
const MAKING: keyof Api = "/connectors";

/** Whether a request is one to change something, be it allowed or not. */
export function isChange(request: FastifyRequest): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(request.method)) return false;
  const { url: route } = request.routeOptions;
  return route !== undefined && !HARMLESS.has(route) && !isInternal(request.method, request.url);
}

/**
 * Writes a line for each change that somebody asked for, and what became of it: who, what, which
 * connector, from where. Never what was sent: that holds secrets (I5). A request that is sent on
 * to another worker leaves a line in both logs; the one that the client has sent it to knows who
 * it was.
 */
export function auditChanges(app: FastifyInstance, logger: Logger): void {
  app.addHook("onResponse", async (request, { statusCode }) => {
    if (!isChange(request)) return;
    const user = userOf(request);
    const connector = connectorOf(request);
    const { method, ip: address } = request;
    const path = request.url.split("?", 1)[0]!;
    const forwarded = queryValues(request, "forward").length > 0;
    // Names are told as JSON, paths as they came: neither can break the line.
    const made = request.routeOptions.url === MAKING && connector !== undefined;
    const what = `${method} ${path}${made ? ` (${JSON.stringify(connector)})` : ""}`;
    const who = user === undefined ? "an unknown user" : JSON.stringify(user);
    const where = `${address}${forwarded ? ", sent on by a worker" : ""}`;
    logger.info(`${what} by ${who} from ${where}: ${statusCode}`, {
      method,
      path,
      connector,
      user,
      address,
      forwarded,
      status: statusCode,
    });
  });
}
