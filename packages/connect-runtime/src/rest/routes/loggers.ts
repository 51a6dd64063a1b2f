import type { FastifyInstance } from "fastify";
import { NotFoundError } from "@millrace/connect-api";
import { parseLevel } from "../../logging.ts";
import { BadRequestError } from "../../herder/bad-request.ts";
import { configMap, objectBody } from "../json-body.ts";
import { json, param, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";

/** Log levels of this worker, or of all workers of its cluster (Java: `LoggingResource`). */
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
      const { level: wanted = null } = configMap(body);
      if (wanted === null) {
        throw new BadRequestError("Desired 'level' parameter was not specified in request.");
      }
      if (wanted === "") throw new RestError(500, `"level" is an empty text: send a level`);
      const level = parseLevel(wanted);
      if (level === undefined) throw new NotFoundError(`invalid log level '${wanted}'.`);
      const { herder, logging } = resources();
      const logger = param(request, "logger");
      const [scope] = queryValues(request, "scope");
      if (scope?.toLowerCase() !== "cluster") return json(reply, logging.setLevel(logger, level));
      await herder.setClusterLogLevel(logger, level);
      return reply.status(204).send();
    },
  });
}
