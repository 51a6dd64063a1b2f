import type { Props } from "@millrace/connect-api";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/problems.ts";
import { dataStreamPartProblem } from "./data-stream-name.ts";
import { externalMappingProblem, externalResources } from "./external-resources.ts";
import { writesDataStreams } from "./naming.ts";

/** What is wrong with the keys that say where records go. */
export function destinationProblems(config: Config, props: Props): ConfigProblem[] {
  return [
    ...dataStreamProblems(config),
    ...externalProblems(config, props),
    ...oneDestination(config),
    ...addOnlyProblems(config),
  ];
}

function oneDestination(config: Config): ConfigProblem[] {
  const keys = [
    config["index.name"] !== null ? ["index.name"] : [],
    config["data.stream.name"] !== null ? ["data.stream.name"] : [],
    config["data.stream.type"] !== "none" ? ["data.stream.type"] : [],
    config["external.resource.usage"] !== "disabled" ? ["external.resource.usage"] : [],
  ].flat();
  if (keys.length < 2) return [];
  return [
    { keys, message: `${keys.join(" and ")} each say where records go: remove all but one.` },
  ];
}

function dataStreamProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const key of ["data.stream.dataset", "data.stream.namespace"] as const) {
    const problem = dataStreamPartProblem(config[key]);
    if (problem !== undefined) problems.push({ keys: [key], message: `${key} ${problem}.` });
  }
  if ((config["data.stream.type"] === "none") !== (config["data.stream.dataset"] === "")) {
    problems.push({
      keys: ["data.stream.type", "data.stream.dataset"],
      message: "data.stream.type and data.stream.dataset must be given both or not at all.",
    });
  }
  if (config["data.stream.timestamp.field"].length > 0 && !writesDataStreams(config)) {
    problems.push({
      keys: ["data.stream.timestamp.field"],
      message:
        "data.stream.timestamp.field has no use without a data stream: remove it, or set data.stream.type and data.stream.dataset.",
    });
  }
  return problems;
}

function externalProblems(config: Config, props: Props): ConfigProblem[] {
  const usage = "external.resource.usage";
  const mapping = "topic.to.external.resource.mapping";
  if ((config[usage] === "disabled") !== (config[mapping].length === 0)) {
    return [
      {
        keys: [usage, mapping],
        message: `${usage} and ${mapping} must be given both or not at all.`,
      },
    ];
  }
  const problems: ConfigProblem[] = [];
  const problem = externalMappingProblem(config);
  if (problem !== undefined) problems.push({ keys: [mapping], message: `${mapping} ${problem}.` });
  const resources = externalResources(config);
  const topics = (props["topics"] ?? "").split(",").map((topic) => topic.trim());
  const missing = topics.filter((topic) => topic !== "" && !resources.has(topic));
  if (config[usage] !== "disabled" && missing.length > 0) {
    problems.push({
      keys: [mapping],
      message: `${mapping} has no entry for topic ${missing.join(", ")}.`,
    });
  }
  return problems;
}

function addOnlyProblems(config: Config): ConfigProblem[] {
  if (config["pipeline"] !== null && config["write.method"] === "upsert") {
    const keys = ["pipeline", "write.method"];
    const message = "pipeline needs write.method=insert: updates go through no pipeline.";
    return [{ keys, message }];
  }
  if (!writesDataStreams(config)) return [];
  const problems: ConfigProblem[] = [];
  if (config["write.method"] === "upsert") {
    const keys = ["write.method"];
    problems.push({ keys, message: "write.method=upsert is not possible with data streams." });
  }
  if (config["routing"] !== null) {
    problems.push({ keys: ["routing"], message: "routing is not possible with data streams." });
  }
  if (config["behavior.on.null.values"] === "delete") {
    problems.push({
      keys: ["behavior.on.null.values"],
      message: "behavior.on.null.values=delete is not possible with data streams.",
    });
  }
  return problems;
}
