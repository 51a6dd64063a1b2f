import type { Config } from "../config/config.ts";

/** One entry of topic.to.external.resource.mapping. */
interface Mapping {
  readonly topic: string;
  readonly resource: string;
}

/** The resource of each topic; what is no `topic:resource` is left out. */
export function externalResources(config: Config): ReadonlyMap<string, string> {
  return new Map(mappings(config).map(({ topic, resource }) => [topic, resource]));
}

/** @returns what is wrong with topic.to.external.resource.mapping by itself, or undefined */
export function externalMappingProblem(config: Config): string | undefined {
  const entries = config["topic.to.external.resource.mapping"];
  const parsed = mappings(config);
  if (parsed.length < entries.length) return "must be a list of topic:resource";
  const twice = parsed.find(({ topic }, i) => parsed.findIndex((m) => m.topic === topic) < i);
  if (twice !== undefined) return `names topic ${twice.topic} twice`;
  const limit = config["max.external.resource.mappings"];
  return entries.length > limit
    ? `has ${entries.length} entries, more than max.external.resource.mappings (${limit})`
    : undefined;
}

/** Neither topics nor resources have colons. */
function mappings(config: Config): Mapping[] {
  return config["topic.to.external.resource.mapping"].flatMap((entry) => {
    const [topic = "", resource = "", ...rest] = entry.split(":").map((part) => part.trim());
    return topic !== "" && resource !== "" && rest.length === 0 ? [{ topic, resource }] : [];
  });
}
