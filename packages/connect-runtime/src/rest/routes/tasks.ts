import type { Props } from "@millrace/connect-api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RequestProof } from "../../herder/herder.ts";
import { ALGORITHM_HEADER, SIGNATURE_HEADER } from "../../herder/internal-signature.ts";
import { forwarded } from "../forward.ts";
import { configMap, listBody } from "../json-body.ts";
import { rawBody } from "../raw-body.ts";
import { json, param, resource } from "../resource.ts";
import type { Resources } from "../resources.ts";
import { RestError } from "../rest-error.ts";
import { shownTasks } from "../shown-config.ts";

const SIGNED_BY = [ALGORITHM_HEADER, SIGNATURE_HEADER];

/**
 * Tasks of connectors (Java: `ConnectorsResource`), and what workers ask their leader about
 * them (Java: `InternalConnectResource`).
 */
export function taskRoutes(app: FastifyInstance, resources: () => Resources): void {
  const herder = () => resources().herder;

  resource(app, "/connectors/:name/tasks", {
    GET: async (request, reply) =>
      json(reply, await shownTasks(request, herder(), param(request, "name"))),
    POST: forwarded(
      resources,
      async (request, reply) => {
        const configs = taskConfigs(request.body);
        await herder().putTaskConfigs(param(request, "name"), configs, proofOf(request));
        return reply.status(204).send();
      },
      SIGNED_BY,
    ),
  });
  resource(app, "/connectors/:name/fence", {
    PUT: forwarded(
      resources,
      async (request, reply) => {
        await herder().fenceZombies(param(request, "name"), proofOf(request));
        return reply.status(204).send();
      },
      SIGNED_BY,
    ),
  });

  resource(app, "/connectors/:name/tasks/:task/status", {
    GET: async (request, reply) =>
      json(reply, await herder().taskStatus(param(request, "name"), taskNumber(request))),
  });
  resource(app, "/connectors/:name/tasks/:task/restart", {
    POST: forwarded(resources, async (request, reply) => {
      await herder().restartTask(param(request, "name"), taskNumber(request));
      return reply.status(204).send();
    }),
  });
}

/** @throws {RestError} 404 for what is not a number: JAX-RS finds no such path then */
function taskNumber(request: FastifyRequest): number {
  const text = param(request, "task");
  const number = Number(text);
  if (/^[+-]?\d+$/.test(text) && number >= -(2 ** 31) && number < 2 ** 31) return number;
  throw new RestError(404, "HTTP 404 Not Found");
}

/** @throws {RestError} 500 for anything but a list of flat maps of texts */
function taskConfigs(body: unknown): Props[] {
  return listBody(body, "a list of task configurations, objects of texts,").map((entry, index) => {
    const config = configMap(entry);
    const missing = Object.keys(config).find((key) => config[key] === null);
    if (missing === undefined) return config as Props;
    throw new RestError(
      500,
      `The value of "${missing}" of task ${index} is null: it must be a text`,
    );
  });
}

function proofOf(request: FastifyRequest): RequestProof {
  const header = (name: string) => request.headers[name.toLowerCase()]?.toString();
  return {
    body: rawBody(request),
    signature: header(SIGNATURE_HEADER),
    algorithm: header(ALGORITHM_HEADER),
  };
}
