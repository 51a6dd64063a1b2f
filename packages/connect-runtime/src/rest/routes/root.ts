import type { FastifyInstance } from "fastify";
import { HTTP_STATUS_OF } from "../health.ts";
import { json, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";

/** Root and health of the worker (Java: `RootResource`). */
export function rootRoutes(app: FastifyInstance, resources: () => Resources): void {
  resource(app, "/", {
    GET: async (_, reply) => {
      const { version, commit, kafkaClusterId } = resources().server;
      return json(reply, { version, commit, kafka_cluster_id: kafkaClusterId });
    },
  });
  resource(app, "/health", {
    GET: async (_, reply) => {
      const { status, message } = await resources().health();
      return json(reply, { status, message }, HTTP_STATUS_OF[status]);
    },
  });
}
