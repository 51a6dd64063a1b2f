import type { FastifyInstance } from "fastify";
import { isConnectError } from "@millrace/connect-api";
import type { ConnectorHealth, Herder } from "../../herder/herder.ts";
import { openApi } from "../api/openapi.ts";
import { shownConnectors } from "../extensions/extend-app.ts";
import { dryRunRequest } from "../dry-run-request.ts";
import { json, param, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { statusOf } from "../rest-error.ts";
import { requirePlugin } from "./connector-plugins.ts";

/** What the Java worker does not have stands under `/millrace`. */
export function millraceRoutes(app: FastifyInstance, resources: () => Resources): void {
  resource(app, "/millrace/connectors/:name/health", {
    GET: async (request, reply) =>
      json(reply, await resources().herder.connectorHealth(param(request, "name"))),
  });
  resource(app, "/millrace/health", {
    GET: async (request, reply) => {
      const { herder } = resources();
      const names = shownConnectors(request, await herder.connectors());
      return json(reply, { connectors: await healthOf(names, herder) });
    },
  });
  resource(app, "/millrace/connector-plugins/:plugin/schema", {
    GET: async (request, reply) => {
      const plugin = param(request, "plugin");
      const [version] = queryValues(request, "version");
      const { registry, herder } = resources();
      requirePlugin(registry, plugin, version);
      return json(reply, await herder.pluginSchema(plugin, version));
    },
  });
  resource(app, "/millrace/dry-run", {
    POST: async (request, reply) =>
      json(reply, await resources().herder.dryRun(dryRunRequest(request))),
  });
  resource(app, "/millrace/openapi.json", {
    GET: async (_, reply) => json(reply, openApi()),
  });
}

async function healthOf(
  names: readonly string[],
  herder: Pick<Herder, "connectorHealth">,
): Promise<ConnectorHealth[]> {
  const all = await Promise.all(
    names.map(async (name) => {
      try {
        return [await herder.connectorHealth(name)];
      } catch (error) {
        // It was deleted since the names were listed, or has no status yet.
        if (isConnectError(error) && statusOf(error) === 404) return [];
        throw error;
      }
    }),
  );
  return all.flat();
}
