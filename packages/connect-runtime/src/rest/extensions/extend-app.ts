import {
  ConnectError,
  type RestRequest,
  type RestResponse,
  type RestUser,
} from "@millrace/connect-api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { connectorOf } from "../connector-of.ts";
import { keepRawBody, rawBody } from "../raw-body.ts";
import { isAnswered } from "../resource.ts";
import { setUser, userOf } from "../user.ts";
import type { RestExtensions } from "./rest-extensions.ts";

/** Requests whose answers are not the same for everybody. */
const views = new WeakMap<FastifyRequest, RestExtensions>();

/**
 * Puts the filters of extensions before all that the app answers, also what is added later. Called
 * before any route is defined.
 */
export function filterRequests(app: FastifyInstance, extensions: RestExtensions): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!isAnswered(request)) return;
    if (extensions.discriminates) views.set(request, extensions);
    return await filtered(extensions.filters, request, reply);
  });
  app.addHook("preHandler", async (request, reply) => {
    if (!isAnswered(request)) return;
    return await filtered(extensions.filtersAfterBody, request, reply);
  });
}

async function filtered(
  filters: RestExtensions["filters"],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  for (const filter of filters) {
    const result = await filter(asRestRequest(request));
    if (result === undefined) continue;
    if (!isUser(result)) return answer(reply, result);
    setUser(request, result.user);
  }
  return undefined;
}

function isUser(result: RestResponse | RestUser): result is RestUser {
  return "user" in result;
}

/** Those of the connectors that a list may show to who asks. */
export function shownConnectors(request: FastifyRequest, names: readonly string[]): string[] {
  const extensions = views.get(request);
  if (extensions === undefined) return [...names];
  const asked = asRestRequest(request);
  return names.filter((name) => extensions.shows(asked, name));
}

/** Whether what is shown depends on who asks. */
export function isShownApart(request: FastifyRequest): boolean {
  return views.has(request);
}

/** Whether the secrets in a connector's configurations are hidden from who asks. */
export function hidesSecrets(request: FastifyRequest, connector: string): boolean {
  return views.get(request)?.hidesSecrets(asRestRequest(request), connector) ?? false;
}

/**
 * Adds the routes of extensions. Called after the worker's own.
 * @param own the worker's own routes
 * @throws {ConnectError} when one begins like the worker's own: it could stand in for a
 * connector's
 */
export function addRoutes(
  app: FastifyInstance,
  extensions: RestExtensions,
  own: readonly string[],
): void {
  const taken = new Set(own.map(firstSegment));
  const clash = extensions.routes.find(({ path }) => taken.has(firstSegment(path)));
  if (clash !== undefined) {
    throw new ConnectError(
      `A REST extension is to answer ${clash.method} ${clash.path}: what begins with /${firstSegment(clash.path)} is the worker's own`,
    );
  }
  // Bodies of any type go to an extension byte by byte.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
      keepRawBody(request, body as Buffer);
      done(null, body);
    });
    for (const { method, path, handle } of extensions.routes) {
      scope.route({
        method,
        url: path,
        handler: async (request, reply) => answer(reply, await handle(asRestRequest(request))),
      });
    }
  });
}

function firstSegment(path: string): string {
  return path.split("/")[1] ?? "";
}

function answer(reply: FastifyReply, { status, headers, body = "" }: RestResponse): FastifyReply {
  return reply
    .status(status)
    .headers({ "content-type": "application/json", ...lowerCased(headers) })
    .send(Buffer.from(body));
}

function lowerCased(headers: RestResponse["headers"] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function asRestRequest(request: FastifyRequest): RestRequest {
  const body = rawBody(request);
  return {
    method: request.method,
    path: request.url.split("?", 1)[0]!,
    route: request.routeOptions.url ?? "",
    connector: connectorOf(request),
    query: Object.fromEntries(
      Object.entries(request.query as Record<string, string | string[]>).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.at(-1)! : value,
      ]),
    ),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, value && String(value)]),
    ),
    body: body.length === 0 ? null : body,
    remoteAddress: request.ip,
    user: userOf(request),
  };
}
