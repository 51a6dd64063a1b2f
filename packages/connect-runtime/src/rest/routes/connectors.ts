import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RawProps } from "../../config/raw-props.ts";
import { BadRequestError } from "../../herder/bad-request.ts";
import type { Created } from "../../herder/herder.ts";
import type { TargetState } from "../../threads/units.ts";
import { configMap, isObject, objectBody, textOrNull } from "../json-body.ts";
import { connectorName } from "../connector-of.ts";
import { isShownApart, shownConnectors } from "../extensions/extend-app.ts";
import { expanded, ExpandedLists } from "../expanded.ts";
import { forwarded } from "../forward.ts";
import { locate } from "../location.ts";
import { offsetChanges } from "../offsets-body.ts";
import { json, jsonText, param, queryValues, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";
import { shownConnector } from "../shown-config.ts";

const CONNECTOR_SHAPE = `{"name": …, "config": {…}}`;
const CONFIG_SHAPE = "the connector's configuration, an object of texts,";

const TARGET_OF: Readonly<Record<string, TargetState>> = {
  RUNNING: "STARTED",
  PAUSED: "PAUSED",
  STOPPED: "STOPPED",
};

/** Connectors and their configurations (Java: `ConnectorsResource`). */
export function connectorRoutes(app: FastifyInstance, resources: () => Resources): void {
  const herder = () => resources().herder;
  const lists = new ExpandedLists(resources);

  resource(app, "/connectors", {
    GET: async (request, reply) => {
      const wanted = queryValues(request, "expand");
      const expansions = { status: wanted.includes("status"), info: wanted.includes("info") };
      if (wanted.length > 0 && !isShownApart(request)) {
        return jsonText(reply, await lists.get(expansions));
      }
      const shown = shownConnectors(request, await herder().connectors());
      if (wanted.length === 0) return json(reply, shown);
      const infoOf = (name: string) => shownConnector(request, herder(), name);
      return json(reply, await expanded(resources(), shown, expansions, infoOf));
    },
    POST: forwarded(resources, async (request, reply) => {
      const { name, config, initial } = creation(request.body);
      const named = withName(name, config);
      return created(request, reply, await herder().createConnector(name, named, initial));
    }),
  });

  resource(app, "/connectors/:name", {
    GET: async (request, reply) =>
      json(reply, await shownConnector(request, herder(), param(request, "name"))),
    DELETE: forwarded(resources, async (request, reply) => {
      await herder().deleteConnector(param(request, "name"));
      return reply.status(204).send();
    }),
  });

  resource(app, "/connectors/:name/config", {
    GET: async (request, reply) => {
      const { config } = await shownConnector(request, herder(), param(request, "name"));
      return json(reply, config);
    },
    PUT: forwarded(resources, async (request, reply) => {
      const name = param(request, "name");
      const config = withName(name, configMap(objectBody(request.body, CONFIG_SHAPE)));
      return created(request, reply, await herder().putConnectorConfig(name, config));
    }),
    PATCH: forwarded(resources, async (request, reply) => {
      const name = param(request, "name");
      // Java looks for the connector before it looks at what is to change.
      if (request.body === undefined || request.body === null) await herder().connectorInfo(name);
      const patch = configMap(objectBody(request.body, "the keys to change as an object of texts"));
      const { info } = await herder().patchConnectorConfig(name, patch);
      return json(reply, info);
    }),
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
    PATCH: forwarded(resources, async (request, reply) => {
      const changes = offsetChanges(request.body);
      const message = await herder().alterOffsets(param(request, "name"), changes);
      return json(reply, { message });
    }),
    DELETE: forwarded(resources, async (request, reply) => {
      const message = await herder().resetOffsets(param(request, "name"));
      return json(reply, { message });
    }),
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

export interface Creation {
  readonly name: string;
  readonly config: RawProps;
  readonly initial: TargetState;
}

export function creation(requestBody: unknown): Creation {
  const body = objectBody(requestBody, CONNECTOR_SHAPE, ["name", "config", "initial_state"]);
  const state = textOrNull(body["initial_state"] ?? null, `"initial_state"`);
  const initial = state === null ? "STARTED" : ownValue(TARGET_OF, state.toUpperCase());
  if (initial === undefined) {
    throw new RestError(
      500,
      `"initial_state" must be one of: ${Object.keys(TARGET_OF).join(", ")}`,
    );
  }
  const name = connectorName(body["name"]);
  const config = body["config"];
  if (!isObject(config)) {
    throw new RestError(500, `"config" must be an object of texts: send ${CONNECTOR_SHAPE}`);
  }
  return { name, config: configMap(config), initial };
}

/** @throws {BadRequestError} when the configuration bears another name */
export function withName(name: string, config: RawProps): RawProps {
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
  locate(request, reply, info.name);
  return json(reply, info, 201);
}

function ownValue<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
