import type { FastifyInstance } from "fastify";
import { forwarded } from "../forward.ts";
import { json, param, queryFlag, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";

/** States and restarts of connectors (Java: `ConnectorsResource`). */
export function lifecycleRoutes(app: FastifyInstance, resources: () => Resources): void {
  const herder = () => resources().herder;

  // Every worker may write what is wanted: these two are never forwarded.
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
    PUT: forwarded(resources, async (request, reply) => {
      await herder().stopConnector(param(request, "name"));
      return reply.status(204).send();
    }),
  });
  resource(app, "/connectors/:name/restart", {
    POST: forwarded(resources, async (request, reply) => {
      const name = param(request, "name");
      const includeTasks = queryFlag(request, "includeTasks", false);
      const onlyFailed = queryFlag(request, "onlyFailed", false);
      if (!includeTasks && !onlyFailed) {
        await herder().restartConnector(name);
        return reply.status(204).send();
      }
      const what = { includeTasks, onlyFailed };
      return json(reply, await herder().restartConnectorAndTasks(name, what), 202);
    }),
  });
}
