import { DataError, type SinkRecord } from "@millrace/connect-api";
import type { Config } from "../config/config.ts";
import { dataStreamName } from "./data-stream-name.ts";
import { externalResources } from "./external-resources.ts";
import { indexName, templateNaming } from "./index-name.ts";
import { Template } from "./template.ts";

/**
 * The index, data stream or alias that a record goes to.
 * @throws {DataError} when there is none for it
 */
export type Naming = (record: SinkRecord) => string;

/** How this configuration names what it writes to. */
export function namingOf(config: Config): Naming {
  if (config["external.resource.usage"] !== "disabled") {
    const resources = externalResources(config);
    return ({ topic }) => resources.get(topic) ?? unmapped(topic);
  }
  const text = config["index.name"] ?? config["data.stream.name"];
  if (text !== null) {
    const template = new Template(text);
    const nameOf = templateNaming(template);
    return template.byTopic ? byTopic(nameOf) : nameOf;
  }
  if (config["data.stream.type"] === "none") return byTopic(({ topic }) => indexName(topic));
  const { "data.stream.type": type, "data.stream.dataset": dataset } = config;
  const parts = { type, dataset, namespace: config["data.stream.namespace"] };
  return byTopic(({ topic }) => dataStreamName(parts, topic));
}

/** True when data streams are written to: documents are only added, and each has a time. */
export function writesDataStreams(config: Config): boolean {
  return (
    config["data.stream.type"] !== "none" ||
    config["data.stream.name"] !== null ||
    config["external.resource.usage"].endsWith("datastream")
  );
}

/** Names that depend on the topic alone are made once each. */
function byTopic(nameOf: Naming): Naming {
  const names = new Map<string, string>();
  return (record) => {
    let name = names.get(record.topic);
    if (name === undefined) {
      name = nameOf(record);
      names.set(record.topic, name);
    }
    return name;
  };
}

function unmapped(topic: string): never {
  throw new DataError(
    `topic.to.external.resource.mapping has no entry for topic ${topic}: add one and restart the task`,
  );
}
