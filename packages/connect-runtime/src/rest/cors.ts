import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const DEFAULT_METHODS = "GET,POST,HEAD";
const ALLOWED_HEADERS = "X-Requested-With,Content-Type,Accept,Origin";
const PREFLIGHT_SECONDS = 1800;

/**
 * Lets browsers of other origins call the API (`access.control.allow.*`).
 * @param origins `*`, or origins separated by commas, in which `*` stands for anything
 */
export function allowOrigins(app: FastifyInstance, origins: string, methods: string): void {
  const allowed = origins.split(",").map((origin) => pattern(origin.trim()));
  const allowedMethods = (methods.trim() || DEFAULT_METHODS).split(",").map((m) => m.trim());
  app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !allowed.some((one) => one.test(origin))) return;
    const wanted = request.headers["access-control-request-method"];
    if (request.method !== "OPTIONS" || wanted === undefined) {
      reply.header("access-control-allow-origin", origin);
      return;
    }
    if (!allowedMethods.includes(wanted)) return;
    reply
      .header("access-control-allow-origin", origin)
      .header("access-control-allow-methods", allowedMethods.join(","))
      .header("access-control-allow-headers", ALLOWED_HEADERS)
      .header("access-control-max-age", PREFLIGHT_SECONDS);
    return reply.status(200).send();
  });
}

function pattern(origin: string): RegExp {
  const escaped = origin.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, "i");
}
