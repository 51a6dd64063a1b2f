import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RawProps } from "../../config/raw-props.ts";
import { BadRequestError } from "../../herder/bad-request.ts";
import type { Created } from "../../herder/herder.ts";
import type { TargetState } from "../../threads/units.ts";
import { configMap, isObject, objectBody, textOrNull } from "../json-body.ts";
import { connectorLocation } from "../location.ts";
import { json, jsonText, param, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";

const CONNECTOR_SHAPE = `{"name": …, "config": {…}}`;
const LONGEST_LOCATION = 8_000;
const CONFIG_SHAPE = "the connector's configuration, an object of texts,";

const TARGET_OF: Readonly<Record<string, TargetState>> = {
  RUNNING: "STARTED",
  PAUSED: "PAUSED",
  STOPPED: "STOPPED",
};

/** Connectors and their configurations (Java: `ConnectorsResource`). */
export function connectorRoutes(app: FastifyInstance, resources: () => Resources): void {
  const herder = () => resources().herder;

  resource(app, "/connectors", {
    GET: async (request, reply) => {
      const names = await herder().connectors();
      const expansions = queryValues(request, "expand");
      if (expansions.length === 0) return json(reply, names);
      return json(reply, await expanded(resources(), names, new Set(expansions)));
    },
    POST: async (request, reply) => {
      const { name, config, initial } = creation(request.body);
      const named = withName(name, config);
      return created(request, reply, await herder().createConnector(name, named, initial));
    },
  });

  resource(app, "/connectors/:name", {
    GET: async (request, reply) =>
      json(reply, await herder().connectorInfo(param(request, "name"))),
    DELETE: async (request, reply) => {
      await herder().deleteConnector(param(request, "name"));
      return reply.status(204).send();
    },
  });

  resource(app, "/connectors/:name/config", {
    GET: async (request, reply) => {
      const { config } = await herder().connectorInfo(param(request, "name"));
      return json(reply, config);
    },
    PUT: async (request, reply) => {
      const name = param(request, "name");
      const config = withName(name, configMap(objectBody(request.body, CONFIG_SHAPE)));
      return created(request, reply, await herder().putConnectorConfig(name, config));
    },
    PATCH: async (request, reply) => {
      const patch = configMap(objectBody(request.body, "the keys to change as an object of texts"));
      const { info } = await herder().patchConnectorConfig(param(request, "name"), patch);
      return json(reply, info);
    },
  });

  resource(app, "/connectors/:name/status", {
    GET: async (request, reply) =>
      json(reply, await herder().connectorStatus(param(request, "name"))),
  });

  resource(app, "/connectors/:name/offsets", {
    GET: async (request, reply) => {
      const offsets = await herder().connectorOffsets(param(request, "name"));
      const entries = offsets.map((o) => `{"partition":${o.partition},"offset":${o.offset}}`);
      return jsonText(reply, `{"offsets":[${entries.join(",")}]}`);
    },
  });

  resource(app, "/connectors/:name/topics", {
    GET: async (request, reply) => {
      if (!resources().topicTracking.enabled)
        throw new RestError(403, "Topic tracking is disabled.");
      const name = param(request, "name");
      return json(reply, { [name]: { topics: await herder().activeTopics(name) } });
    },
  });

  resource(app, "/connectors/:name/topics/reset", {
    PUT: async (request, reply) => {
      const { enabled, resettable } = resources().topicTracking;
      if (!enabled) throw new RestError(403, "Topic tracking is disabled.");
      if (!resettable) throw new RestError(403, "Topic tracking reset is disabled.");
      await herder().resetActiveTopics(param(request, "name"));
      return reply.status(202).send();
    },
  });
}

async function expanded(
  { herder, logger }: Resources,
  names: readonly string[],
  expansions: ReadonlySet<string>,
): Promise<Record<string, object>> {
  const entries = await Promise.all(
    names.map(async (name) => {
      try {
        const status = expansions.has("status") && { status: await herder.connectorStatus(name) };
        const info = expansions.has("info") && { info: await herder.connectorInfo(name) };
        return [[name, { ...status, ...info }] as const];
      } catch (error) {
        // It was deleted since the names were listed, or has no status yet.
        logger.debug(`Connector ${name} is left out of the list: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return Object.fromEntries(entries.flat());
}

interface Creation {
  readonly name: string;
  readonly config: RawProps;
  readonly initial: TargetState;
}

function creation(requestBody: unknown): Creation {
  const body = objectBody(requestBody, CONNECTOR_SHAPE, ["name", "config", "initial_state"]);
  const state = textOrNull(body["initial_state"] ?? null, `"initial_state"`);
  const initial = state === null ? "STARTED" : ownValue(TARGET_OF, state.toUpperCase());
  if (initial === undefined) {
    throw new RestError(
      500,
      `"initial_state" must be one of: ${Object.keys(TARGET_OF).join(", ")}`,
    );
  }
  const name = textOrNull(body["name"] ?? null, `"name"`) ?? "";
  const config = body["config"];
  if (!isObject(config)) {
    throw new RestError(500, `"config" must be an object of texts: send ${CONNECTOR_SHAPE}`);
  }
  return { name: name.trim(), config: configMap(config), initial };
}

/** @throws {BadRequestError} when the configuration bears another name */
function withName(name: string, config: RawProps): RawProps {
  const included = Object.hasOwn(config, "name") ? config["name"] : undefined;
  if (included === undefined || included === null) return { ...config, name };
  if (included === name) return config;
  throw new BadRequestError(
    `Connector name configuration (${included}) doesn't match connector name in the URL (${name})`,
  );
}

function created(
  request: FastifyRequest,
  reply: FastifyReply,
  { created: isNew, info }: Created,
): FastifyReply {
  if (!isNew) return json(reply, info);
  const location = connectorLocation(request, info.name);
  // Clients give up on an answer with longer headers, and would not hear that it was created.
  if (location.length <= LONGEST_LOCATION) reply.header("location", location);
  return json(reply, info, 201);
}

function ownValue<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
