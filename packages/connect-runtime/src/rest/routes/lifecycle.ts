import type { FastifyInstance, FastifyRequest } from "fastify";
import { json, param, queryFlag, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";

/** States, restarts and tasks of connectors (Java: `ConnectorsResource`). */
export function lifecycleRoutes(app: FastifyInstance, resources: () => Resources): void {
  const herder = () => resources().herder;

  resource(app, "/connectors/:name/pause", {
    PUT: async (request, reply) => {
      await herder().pauseConnector(param(request, "name"));
      return reply.status(202).send();
    },
  });
  resource(app, "/connectors/:name/resume", {
    PUT: async (request, reply) => {
      await herder().resumeConnector(param(request, "name"));
      return reply.status(202).send();
    },
  });
  resource(app, "/connectors/:name/stop", {
    PUT: async (request, reply) => {
      await herder().stopConnector(param(request, "name"));
      return reply.status(204).send();
    },
  });

  resource(app, "/connectors/:name/restart", {
    POST: async (request, reply) => {
      const name = param(request, "name");
      const includeTasks = queryFlag(request, "includeTasks", false);
      const onlyFailed = queryFlag(request, "onlyFailed", false);
      if (!includeTasks && !onlyFailed) {
        await herder().restartConnector(name);
        return reply.status(204).send();
      }
      const what = { includeTasks, onlyFailed };
      return json(reply, await herder().restartConnectorAndTasks(name, what), 202);
    },
  });

  resource(app, "/connectors/:name/tasks", {
    GET: async (request, reply) => json(reply, await herder().tasks(param(request, "name"))),
    POST: async () => {
      throw new RestError(
        500,
        "Kafka Connect in standalone mode does not support externally setting task configurations.",
      );
    },
  });
  resource(app, "/connectors/:name/fence", {
    PUT: async () => {
      throw new RestError(
        500,
        "Kafka Connect in standalone mode does not support exactly-once source connectors.",
      );
    },
  });
  resource(app, "/connectors/:name/tasks/:task/status", {
    GET: async (request, reply) =>
      json(reply, await herder().taskStatus(param(request, "name"), taskNumber(request))),
  });
  resource(app, "/connectors/:name/tasks/:task/restart", {
    POST: async (request, reply) => {
      await herder().restartTask(param(request, "name"), taskNumber(request));
      return reply.status(204).send();
    },
  });
}

/** @throws {RestError} 404 for what is not a number: JAX-RS finds no such path then */
function taskNumber(request: FastifyRequest): number {
  const text = param(request, "task");
  const number = Number(text);
  if (/^[+-]?\d+$/.test(text) && Math.abs(number) < 2 ** 31) return number;
  throw new RestError(404, "HTTP 404 Not Found");
}
