import type { FastifyRequest } from "fastify";
import { BadRequestError } from "../herder/bad-request.ts";
import { DRY_RUN_PARTS, type DryRunPart, type DryRunRequest } from "../herder/dry-run/dry-runs.ts";
import { configMap, isObject, objectBody } from "./json-body.ts";
import { queryChoice, queryNumber } from "./query.ts";
import { queryFlag, queryValues } from "./resource.ts";
import { creation, withName } from "./routes/connectors.ts";

const SHAPE = `{"name": …, "config": {…}} or the connector's configuration, an object of texts,`;

/**
 * What is to be tried out: a body like that of `POST /connectors`, or a configuration with its name
 * in it.
 * @throws {BadRequestError} for a query that is not understood
 * @throws {RestError} 500 for a body of another shape, as everywhere
 */
export function dryRunRequest(request: FastifyRequest): DryRunRequest {
  const parts = partsOf(request);
  const full = queryFlag(request, "full", false);
  const limitMs = queryNumber(request, "timeout_ms", 10_000, { min: 1_000, max: 60_000 });
  const maxRecords = queryNumber(request, "max_records", 5, { min: 1, max: 100 });
  const from = queryChoice(request, "from", ["earliest", "latest"]);
  const body = objectBody(request.body, SHAPE);
  const wrapped = isObject(body["config"]) ? creation(body) : undefined;
  const config = wrapped?.config ?? configMap(body);
  const name = wrapped?.name ?? (config["name"] ?? "").trim();
  return { name, config: withName(name, config), parts, full, limitMs, maxRecords, from };
}

function partsOf(request: FastifyRequest): ReadonlySet<DryRunPart> {
  const given = queryValues(request, "parts");
  if (given.length === 0) return new Set(DRY_RUN_PARTS);
  const named = given.flatMap((list) => list.split(",")).map((part) => part.trim());
  const known: readonly string[] = ["validation", ...DRY_RUN_PARTS];
  const unknown = named.find((part) => !known.includes(part));
  if (unknown !== undefined) {
    throw new BadRequestError(
      `A dry run has no part ${unknown}: parts is a list of ${known.join(", ")}`,
    );
  }
  return new Set(DRY_RUN_PARTS.filter((part) => named.includes(part)));
}
