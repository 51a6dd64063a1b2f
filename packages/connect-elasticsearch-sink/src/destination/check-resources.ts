import type { ElasticsearchClient } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/problems.ts";
import { externalResources } from "./external-resources.ts";

/** What the words of external.resource.usage mean for who reads a message. */
const KINDS = {
  index: "index",
  datastream: "data stream",
  alias_index: "alias",
  alias_datastream: "alias",
} as const;

/**
 * Looks for the resources that topic.to.external.resource.mapping names.
 * @returns a problem per resource that is not there, or is something else
 * @throws {RequestError} when Elasticsearch does not say
 */
export async function checkResources(
  client: ElasticsearchClient,
  config: Config,
  signal: AbortSignal,
): Promise<ConfigProblem[]> {
  const usage = config["external.resource.usage"];
  if (usage === "disabled") return [];
  const problems: ConfigProblem[] = [];
  for (const resource of new Set(externalResources(config).values())) {
    const kind = KINDS[usage];
    if (await isThere(client, kind, resource, signal)) continue;
    problems.push({
      keys: ["topic.to.external.resource.mapping"],
      message: `There is no ${kind} ${resource}: create it, or change topic.to.external.resource.mapping or external.resource.usage (${usage}).`,
    });
  }
  return problems;
}

function isThere(
  client: ElasticsearchClient,
  kind: (typeof KINDS)[keyof typeof KINDS],
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  switch (kind) {
    case "index":
      return client.exists(name, signal);
    case "data stream":
      return client.dataStreamExists(name, signal);
    case "alias":
      return client.aliasExists(name, signal);
  }
}
