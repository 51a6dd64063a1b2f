import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { API, type Api, mediaTypes } from "./api/api.ts";
import type { Operation } from "./api/operation.ts";
import { inJavaOrder } from "../herder/java-order.ts";
import { type MediaType, parseAccept, parseMediaType } from "./media-type.ts";
import { FrameworkError, ServerError } from "./rest-error.ts";

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
/** Handlers of just those methods that the table of the API tells of. */
export type Methods<Path extends keyof Api> = Readonly<Record<keyof Api[Path], Handler>>;

/**
 * One path with its methods. Others are answered with 405, OPTIONS with those allowed;
 * what JAX-RS does for the Java worker.
 */
export function resource<Path extends keyof Api>(
  app: FastifyInstance,
  url: Path,
  methods: Methods<Path>,
): void {
  const allowed = Object.keys(methods).flatMap((method) =>
    method === "GET" ? ["HEAD", "GET"] : [method],
  );
  const told: Readonly<Record<string, Operation>> = API[url];
  for (const [method, handler] of Object.entries<Handler>(methods)) {
    const produced = mediaTypes(told[method]!).map((type) => wellFormed(parseMediaType(type)));
    app.route({ method, url, onRequest: negotiate(produced), handler });
  }
  app.route({
    method: app.supportedMethods.filter(
      (method) => method !== "OPTIONS" && !allowed.includes(method),
    ),
    url,
    config: { refused: true },
    // The body of what is refused is of no interest, whatever its type.
    preParsing: async () => {
      throw new FrameworkError(405, "Method Not Allowed");
    },
    handler: async () => undefined,
  });
  app.options(url, (request, reply) =>
    answerOptions(request, reply, inJavaOrder([...allowed, "OPTIONS"])),
  );
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Stands for methods that the path does not have. */
    refused?: boolean;
  }
}

/** Whether there is something that answers this method of this path. */
export function isAnswered(request: FastifyRequest): boolean {
  return !request.is404 && request.routeOptions.config.refused !== true;
}

/**
 * Whether the types of a request will do: what it sends must be JSON, if it says what it is, and
 * it must take something that is produced. Asked in the order of JAX-RS, before the body is read; what a
 * client wants less is taken as well.
 */
function negotiate(produced: readonly MediaType[]): (request: FastifyRequest) => Promise<void> {
  return async ({ headers: { accept, "content-type": contentType } }) => {
    if (
      contentType !== undefined &&
      !includes(wellFormed(parseMediaType(contentType)), JSON_TYPE)
    ) {
      throw new FrameworkError(415, "Unsupported Media Type");
    }
    if (!accept) return;
    const ranges = wellFormed(parseAccept(accept));
    if (!ranges.some((range) => produced.some((type) => includes(range, type)))) {
      throw new FrameworkError(406, "Not Acceptable");
    }
  };
}

/** @throws {ServerError} 400 */
function wellFormed<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new ServerError(400, "Bad Request");
  return parsed;
}

const JSON_TYPE: MediaType = { type: "application", subtype: "json", quality: 1 };
const TEXT_TYPE: MediaType = { type: "text", subtype: "plain", quality: 1 };

/** By name or by asterisks. */
function includes(range: MediaType, { type, subtype }: MediaType): boolean {
  return [type, "*"].includes(range.type) && [subtype, "*"].includes(range.subtype);
}

/** What may be asked of a path: in a header and, for people, as text. */
async function answerOptions(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  allowed: readonly string[],
): Promise<FastifyReply> {
  const [wanted] = wellFormed(parseAccept(headers.accept || "*/*"));
  reply.header("allow", allowed.join(","));
  if (includes(wanted!, TEXT_TYPE)) {
    return reply.header("content-type", "text/plain").send(Buffer.from(allowed.join(", ")));
  }
  return reply.header("content-type", `${wanted!.type}/${wanted!.subtype}`).send();
}

/** Answers with JSON, without a charset in its type, as the Java worker does. */
export function json(reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return jsonText(reply, JSON.stringify(body), status);
}

export function jsonText(reply: FastifyReply, body: string | Buffer, status = 200): FastifyReply {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return reply.status(status).header("content-type", "application/json").send(bytes);
}

/** A path parameter, decoded. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? "";
}

/** All values of a query parameter. */
export function queryValues(request: FastifyRequest, name: string): string[] {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Java's `Boolean.valueOf`: true in any case is true, anything else is not, and an empty one is none. */
export function queryFlag(request: FastifyRequest, name: string, otherwise: boolean): boolean {
  const [value] = queryValues(request, name);
  return value === undefined || value === "" ? otherwise : value.toLowerCase() === "true";
}
