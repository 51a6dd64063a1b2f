import type { FastifyInstance } from "fastify";
import { ConnectError, isConnectError } from "@millrace/connect-api";
import { BadRequestError } from "../../herder/bad-request.ts";
import type { RawProps } from "../../config/raw-props.ts";
import type { PluginKind } from "../../plugins/location.ts";
import {
  CONNECTOR_KINDS,
  PluginNotFoundError,
  type PluginRegistry,
} from "../../plugins/registry.ts";
import { configMap, objectBody } from "../json-body.ts";
import { json, param, queryFlag, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";

const OTHER_KINDS: readonly PluginKind[] = [
  "transformation",
  "predicate",
  "converter",
  "header_converter",
];

/** The plugins of this worker and their configurations (Java: `ConnectorPluginsResource`). */
export function pluginRoutes(app: FastifyInstance, resources: () => Resources): void {
  resource(app, "/connector-plugins", {
    GET: async (request, reply) => {
      const connectorsOnly = queryFlag(request, "connectorsOnly", true);
      const kinds = connectorsOnly ? CONNECTOR_KINDS : [...CONNECTOR_KINDS, ...OTHER_KINDS];
      const { registry } = resources();
      const plugins = kinds.flatMap((kind) => registry.list(kind));
      return json(
        reply,
        plugins.map((plugin) => ({
          class: plugin.class,
          type: plugin.kind,
          version: plugin.version,
        })),
      );
    },
  });

  resource(app, "/connector-plugins/:plugin/config", {
    GET: async (request, reply) => {
      const plugin = param(request, "plugin");
      const [version] = queryValues(request, "version");
      const { registry, herder } = resources();
      requirePlugin(registry, plugin, version);
      return json(reply, await herder.pluginConfig(plugin, version));
    },
  });

  resource(app, "/connector-plugins/:plugin/config/validate", {
    PUT: async (request, reply) => {
      const plugin = param(request, "plugin");
      const config = configMap(
        objectBody(request.body, "the connector's configuration, an object of texts,"),
      );
      const included = Object.hasOwn(config, "connector.class") ? config["connector.class"] : null;
      if (included && !withoutSuffix(included).endsWith(withoutSuffix(plugin))) {
        throw new BadRequestError(
          `Included connector type ${included} does not match request type ${plugin}`,
        );
      }
      try {
        return json(reply, await resources().herder.validate(config));
      } catch (error) {
        throw asExecutionError(error, isInstalled(config, resources()));
      }
    },
  });
}

/**
 * Found before a thread is asked: what that says of it loses its kind on the way.
 * @throws {RestError} 404 for an unknown plugin; {BadRequestError} for an unknown version
 */
export function requirePlugin(
  registry: PluginRegistry,
  plugin: string,
  version: string | undefined,
): void {
  try {
    registry.find(SHOWN_KINDS, plugin, version);
  } catch (error) {
    if (error instanceof PluginNotFoundError && error.miss === "unknown") {
      throw new RestError(404, `Unknown plugin ${plugin}.`, { cause: error });
    }
    throw new BadRequestError((error as Error).message, { cause: error });
  }
}

const SHOWN_KINDS = [
  ...CONNECTOR_KINDS,
  ...OTHER_KINDS,
  "config_provider",
  "rest_extension",
  "client_config_override_policy",
] as const;

function withoutSuffix(name: string): string {
  return name !== "Connector" && name.endsWith("Connector") ? name.slice(0, -9) : name;
}

function isInstalled(config: RawProps, { registry }: Resources): boolean {
  const className = config["connector.class"];
  return typeof className !== "string" || registry.has(CONNECTOR_KINDS, className);
}

/**
 * What fails in this call is answered with 500 and the name of the error, whatever it is, and
 * that there is no such connector with the name of its cause too.
 */
function asExecutionError(error: unknown, installed: boolean): ConnectError {
  const { message } = error as Error;
  if (!isConnectError(error)) return new RestError(500, message, { cause: error });
  const cause = installed ? "" : "org.apache.kafka.connect.errors.ConnectException: ";
  return new RestError(500, `${error.javaName}: ${cause}${message}`, { cause: error });
}
