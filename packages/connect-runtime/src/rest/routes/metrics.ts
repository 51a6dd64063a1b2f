import type { FastifyInstance } from "fastify";
import { CONTENT_TYPE } from "../../metrics/prometheus-text.ts";
import { resource } from "../resource.ts";
import type { Resources } from "../resources.ts";

/** What is measured of this worker, for Prometheus; Java has it under JMX. */
export function metricsRoutes(app: FastifyInstance, resources: () => Resources): void {
  resource(app, "/metrics", {
    GET: async (_, reply) =>
      reply.header("content-type", CONTENT_TYPE).send(Buffer.from(resources().metrics.text())),
  });
}
