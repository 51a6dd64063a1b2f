import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { FrameworkError } from "./rest-error.ts";

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
export type Methods = Partial<Record<"GET" | "POST" | "PUT" | "PATCH" | "DELETE", Handler>>;

const ALL: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * One path with its methods. Others are answered with 405, OPTIONS with those allowed;
 * what JAX-RS does for the Java worker.
 */
export function resource(app: FastifyInstance, url: string, methods: Methods): void {
  const allowed = Object.keys(methods).flatMap((method) =>
    method === "GET" ? ["HEAD", "GET"] : [method],
  );
  for (const [method, handler] of Object.entries(methods)) {
    app.route({ method, url, preHandler: negotiate, handler });
  }
  app.route({
    method: ALL.filter((method) => !allowed.includes(method)),
    url,
    // The body of what is refused is of no interest, whatever its type.
    preParsing: async () => {
      throw new FrameworkError(405, "Method Not Allowed");
    },
    handler: async () => undefined,
  });
  app.options(url, async (_, reply) =>
    reply.header("allow", [...allowed, "OPTIONS"].join(",")).send(),
  );
}

/** All answers are JSON: a client that does not take it gets 406. */
async function negotiate(request: FastifyRequest): Promise<void> {
  const { accept } = request.headers;
  if (accept === undefined) return;
  const takesJson = accept.split(",").some((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !refused && ["application/json", "application/*", "*/*"].includes(type!);
  });
  if (!takesJson) throw new FrameworkError(406, "Not Acceptable");
}

/** Answers with JSON, without a charset in its type, as the Java worker does. */
export function json(reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return jsonText(reply, JSON.stringify(body), status);
}

export function jsonText(reply: FastifyReply, body: string, status = 200): FastifyReply {
  return reply.status(status).header("content-type", "application/json").send(Buffer.from(body));
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

/** Java's `Boolean.valueOf`: true in any case is true, anything else is not. */
export function queryFlag(request: FastifyRequest, name: string, otherwise: boolean): boolean {
  const [value] = queryValues(request, name);
  return value === undefined ? otherwise : value.toLowerCase() === "true";
}
