import type { FastifyInstance } from "fastify";
import { NotFoundError } from "@millrace/connect-api";
import { parseLevel } from "../../logging.ts";
import { BadRequestError } from "../../herder/bad-request.ts";
import { objectBody, textOrNull } from "../json-body.ts";
import { json, param, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";

/** Log levels of this worker (Java: `LoggingResource`). */
export function loggerRoutes(app: FastifyInstance, resources: () => Resources): void {
  resource(app, "/admin/loggers", {
    GET: async (_, reply) => json(reply, resources().logging.levels()),
  });

  resource(app, "/admin/loggers/:logger", {
    GET: async (request, reply) => {
      const name = param(request, "logger");
      const level = resources().logging.level(name);
      if (level === undefined) throw new NotFoundError(`Logger ${name} not found.`);
      return json(reply, level);
    },
    PUT: async (request, reply) => {
      const body = objectBody(request.body, `{"level": …}`);
      const wanted = textOrNull(body["level"] ?? null, `"level"`);
      if (wanted === null) {
        throw new BadRequestError("Desired 'level' parameter was not specified in request.");
      }
      const level = parseLevel(wanted);
      if (level === undefined) throw new NotFoundError(`invalid log level '${wanted}'.`);
      const changed = resources().logging.setLevel(param(request, "logger"), level);
      const [scope] = queryValues(request, "scope");
      // A standalone worker is its own cluster.
      return scope?.toLowerCase() === "cluster" ? reply.status(204).send() : json(reply, changed);
    },
  });
}
