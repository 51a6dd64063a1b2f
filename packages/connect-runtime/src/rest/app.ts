import type { Logger } from "@millrace/connect-api";
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { allowOrigins } from "./cors.ts";
import { parseJson } from "./json-body.ts";
import { json } from "./resource.ts";
import { type HeaderRule, headerValue } from "./response-headers.ts";
import type { Resources } from "./resources.ts";
import { FrameworkError, statusOf } from "./rest-error.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { pluginRoutes } from "./routes/connector-plugins.ts";
import { lifecycleRoutes } from "./routes/lifecycle.ts";
import { loggerRoutes } from "./routes/loggers.ts";
import { rootRoutes } from "./routes/root.ts";
import { pathProblem } from "./uri-check.ts";

/** Bodies are configurations; Kafka itself would not store one of this size. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024;
const LONGEST_NAME = 10_000;
const IDLE_MS = 90_000;
/** How long a client whose body is refused may go on sending it. */
const DRAIN_MS = 10_000;

export interface AppOptions {
  /** Which parts of the API this listener serves. */
  readonly parts: ReadonlySet<"main" | "admin">;
  /** Undefined while the worker starts: until then there is nothing to be found. */
  readonly resources: () => Resources | undefined;
  readonly logger: Logger;
  readonly origins?: string;
  readonly methods?: string;
  readonly headerRules?: readonly HeaderRule[];
}

/** The REST API, not listening yet. */
export function createApp(options: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: LARGEST_BODY_BYTES,
    keepAliveTimeout: IDLE_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_NAME },
    frameworkErrors: (_error, request, reply) => {
      void refuseUri(request, reply, "Bad URI encoding");
    },
  });
  acceptJson(app);
  dropTypes(app);
  logAccess(app, options.logger);
  if (options.parts.has("main")) {
    for (const rule of options.headerRules ?? []) addHeader(app, rule);
    if (options.origins) allowOrigins(app, options.origins, options.methods ?? "");
  }
  app.addHook("onRequest", async (request, reply) => {
    const problem = pathProblem(request.raw.url ?? "/");
    if (problem !== undefined) return refuseUri(request, reply, problem);
    if (options.resources() === undefined) return page(reply, 404, "Not Found", request.method);
  });
  app.setErrorHandler((error: FastifyError | Error, request, reply) =>
    answerError(error, request, reply, options.logger),
  );
  app.setNotFoundHandler(() => {
    throw new FrameworkError(404, "Not Found");
  });

  const resources = () => options.resources()!;
  if (options.parts.has("main")) {
    rootRoutes(app, resources);
    connectorRoutes(app, resources);
    lifecycleRoutes(app, resources);
    pluginRoutes(app, resources);
  }
  if (options.parts.has("admin")) loggerRoutes(app, resources);
  return app;
}

/** Bodies are JSON; an empty one is none, whatever its type. */
function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json(?:\s*;|$)/i,
    { parseAs: "string" },
    (_, body, done) => {
      try {
        done(null, body === "" ? undefined : parseJson(body as string));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** Monitors ask all day long: what only looks, and succeeds, is for those who set the level to DEBUG. */
function logAccess(app: FastifyInstance, logger: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const onlyLooks = ["GET", "HEAD", "OPTIONS"].includes(request.method) && reply.statusCode < 400;
    logger[onlyLooks ? "debug" : "info"](
      `${request.ip} "${request.method} ${request.raw.url ?? ""} HTTP/${request.raw.httpVersion}" ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms`,
    );
  });
}

function addHeader(app: FastifyInstance, rule: HeaderRule): void {
  app.addHook("onRequest", async (_, reply) => {
    const value = headerValue(rule);
    if (rule.action.startsWith("set")) reply.removeHeader(rule.name);
    const present = reply.getHeader(rule.name);
    reply.header(rule.name, present === undefined ? value : `${String(present)}, ${value}`);
  });
}

/** Answers in the framework's own words carry no type, as with the Java worker. */
function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const { status, message, typed } = describe(error);
  if (status >= 500) {
    logger.error(`${request.method} ${request.raw.url ?? ""} failed: ${message}`, { error });
  }
  if (!typed) untyped.add(reply);
  if (status === 413) drain(request, reply);
  return json(reply, { error_code: status, message }, status);
}

/**
 * Lets a client finish a body that is refused, throwing it away: many read no answer before,
 * and closing the connection now would reset it, and take the answer along.
 */
function drain({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader("connection");
  const limit = setTimeout(() => raw.destroy(), DRAIN_MS);
  raw.once("close", () => clearTimeout(limit));
  raw.resume();
}

/** Answers that go out without a content type, which the framework would not do by itself. */
const untyped = new WeakSet<FastifyReply>();

function dropTypes(app: FastifyInstance): void {
  app.addHook("onSend", async (_, reply) => {
    if (untyped.has(reply)) reply.removeHeader("content-type");
  });
}

function describe(error: FastifyError | Error): {
  status: number;
  message: string;
  typed: boolean;
} {
  const { code } = error as FastifyError;
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return describe(new FrameworkError(415, "Unsupported Media Type"));
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return {
      status: 413,
      message: `The request body is larger than ${LARGEST_BODY_BYTES} bytes, more than any configuration can be`,
      typed: true,
    };
  }
  const own = (error as FastifyError).statusCode;
  if (code?.startsWith("FST_") && own !== undefined) {
    return { status: own, message: error.message, typed: true };
  }
  const status = statusOf(error);
  return { status, message: error.message, typed: !(error instanceof FrameworkError) };
}

async function refuseUri(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: string,
): Promise<FastifyReply> {
  return page(reply.header("connection", "close"), 400, problem, request.method);
}

/** Jetty answers a request it does not pass on with a page, and methods that ask for none with nothing. */
function page(reply: FastifyReply, status: number, title: string, method: string): FastifyReply {
  reply.status(status).header("cache-control", "must-revalidate,no-cache,no-store");
  if (!["GET", "HEAD", "POST"].includes(method)) return reply.send();
  return reply
    .header("content-type", "text/html;charset=iso-8859-1")
    .send(
      `<html><head><title>Error ${status} ${title}</title></head><body><h2>HTTP ERROR ${status} ${title}</h2></body></html>\n`,
    );
}
