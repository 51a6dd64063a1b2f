import { METHODS } from "node:http";
import type { Logger } from "@millrace/connect-api";
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { auditChanges, isChange } from "./audit.ts";
import { boundCalls, type Turns } from "./bounded-calls.ts";
import { allowOrigins } from "./cors.ts";
import { addRoutes, filterRequests } from "./extensions/extend-app.ts";
import type { RestExtensions } from "./extensions/rest-extensions.ts";
import { answerClientError, createHttpServer, PATIENCE, type Patience } from "./http-server.ts";
import { readBody } from "./json-body.ts";
import { keepRawBody } from "./raw-body.ts";
import { parseMediaType } from "./media-type.ts";
import { json } from "./resource.ts";
import { type HeaderRule, headerValue } from "./response-headers.ts";
import type { Resources } from "./resources.ts";
import { FrameworkError, ServerError, statusOf } from "./rest-error.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { pluginRoutes } from "./routes/connector-plugins.ts";
import { feedRoutes } from "./routes/feeds.ts";
import { lifecycleRoutes } from "./routes/lifecycle.ts";
import { loggerRoutes } from "./routes/loggers.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { millraceRoutes } from "./routes/millrace.ts";
import { rootRoutes } from "./routes/root.ts";
import { taskRoutes } from "./routes/tasks.ts";
import type { ListenerTls } from "./tls.ts";
import type { RenewedTls } from "./renewed-tls.ts";
import { meant, NO_REQUEST, pathProblem } from "./uri-check.ts";

/** Bodies are configurations; Kafka itself would not store one of this size. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024;
const LONGEST_NAME = 10_000;
/** How long a client whose body is refused may go on sending it. */
const DRAIN_MS = 10_000;

export interface AppOptions {
  /** Which parts of the API this listener serves. */
  readonly parts: ReadonlySet<"main" | "admin">;
  /** Undefined while the worker starts: until then there is nothing to be found. */
  readonly resources: () => Resources | undefined;
  readonly logger: Logger;
  /** For https listeners. */
  readonly tls?: RenewedTls<ListenerTls> | undefined;
  readonly patience?: Patience | undefined;
  /** For what is expensive; shared by all listeners of a worker. */
  readonly turns: Turns;
  readonly extensions?: RestExtensions | undefined;
  /** Where changes are written down. */
  readonly audit: Logger;
  readonly origins?: string;
  readonly methods?: string;
  readonly headerRules?: readonly HeaderRule[];
}

/** The REST API, not listening yet. */
export function createApp(options: AppOptions): FastifyInstance {
  const { logger, tls, patience = PATIENCE } = options;
  const app = fastify({
    serverFactory: (handler) => createHttpServer(handler, tls, patience, logger),
    clientErrorHandler: answerClientError,
    bodyLimit: LARGEST_BODY_BYTES,
    rewriteUrl: ({ url }) => meant(url ?? "/"),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_NAME },
    frameworkErrors: (_error, request, reply) => {
      const problem = pathProblem(request.method, request.raw.url ?? "/");
      void refuseUri(request, reply, problem ?? NO_REQUEST);
    },
  });
  // A path that is known refuses each of them with 405.
  for (const method of METHODS) {
    if (method !== "CONNECT" && !app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }
  acceptJson(app);
  dropTypes(app);
  cutSlowReaders(app, patience);
  logAccess(app, logger);
  auditChanges(app, options.audit);
  if (options.parts.has("main")) {
    for (const rule of options.headerRules ?? []) addHeader(app, rule);
    if (options.origins) allowOrigins(app, options.origins, options.methods ?? "");
  }
  app.addHook("onRequest", async (request, reply) => {
    const problem = pathProblem(request.method, request.raw.url ?? "/");
    if (problem !== undefined) return refuseUri(request, reply, problem);
    if (options.resources() === undefined) return page(reply, 404, "Not Found", request.method);
    if (request.is404) throw new FrameworkError(404, "Not Found");
  });
  const own: string[] = [];
  if (options.extensions !== undefined) {
    filterRequests(app, options.extensions);
    app.addHook("onRoute", ({ url }) => void own.push(url));
  }
  boundCalls(app, options.turns);
  app.setErrorHandler((error: FastifyError | Error, request, reply) =>
    answerError(error, request, reply, logger),
  );
  app.setNotFoundHandler(() => {
    throw new FrameworkError(404, "Not Found");
  });

  const resources = () => options.resources()!;
  if (options.parts.has("main")) {
    rootRoutes(app, resources);
    connectorRoutes(app, resources);
    lifecycleRoutes(app, resources);
    taskRoutes(app, resources);
    pluginRoutes(app, resources);
    millraceRoutes(app, resources);
    feedRoutes(app, resources);
  }
  if (options.parts.has("admin")) {
    loggerRoutes(app, resources);
    metricsRoutes(app, resources);
  }
  if (options.extensions !== undefined) addRoutes(app, options.extensions, [...own]);
  return app;
}

/** Bodies are JSON; an empty one is none, whatever its type. */
function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
    keepRawBody(request, body as Buffer);
    const type = parseMediaType(request.headers["content-type"] ?? "");
    done(null, readBody(body as Buffer, type?.subtype === "json"));
  });
}

/** A client that takes nothing of its answer for so long will not take the rest. */
function cutSlowReaders(app: FastifyInstance, { idleMs }: Patience): void {
  app.addHook("onSend", async (_, reply) => {
    reply.raw.setTimeout(idleMs);
  });
}

/**
 * Monitors ask all day long: what only looks, and succeeds, is for those who set the level to
 * DEBUG; and so is what the audit log has.
 */
function logAccess(app: FastifyInstance, logger: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const onlyLooks = ["GET", "HEAD", "OPTIONS"].includes(request.method) && reply.statusCode < 400;
    logger[onlyLooks || isChange(request) ? "debug" : "info"](
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
  if (error instanceof ServerError) {
    const method = takesPages(request) ? request.method : "";
    return page(reply, error.status, error.message, method);
  }
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
  const method = problem === NO_REQUEST ? "GET" : request.method;
  return page(reply.header("connection", "close"), 400, problem, method);
}

function takesPages({ headers: { accept } }: FastifyRequest): boolean {
  return accept === undefined || /text\/html|\*\/\*/.test(accept);
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
