import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export type WorkerProperties = Readonly<Record<string, string | number | boolean>>;

/** What a worker's properties file says, standalone or distributed, as tests want it. */
export function commonProperties(bootstrapServers: string, url: string): WorkerProperties {
  return {
    "bootstrap.servers": bootstrapServers,
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "offset.flush.interval.ms": 10_000,
    listeners: url,
  };
}

/**
 * What makes a worker one of a group. Its three topics are named after the group, so
 * that workers of any kind with the same `groupId` find the same connectors.
 */
export function groupProperties(groupId: string): WorkerProperties {
  return {
    "group.id": groupId,
    "config.storage.topic": `${groupId}-configs`,
    "offset.storage.topic": `${groupId}-offsets`,
    "status.storage.topic": `${groupId}-status`,
    "config.storage.replication.factor": 1,
    "offset.storage.replication.factor": 1,
    "status.storage.replication.factor": 1,
    // A test broker need not carry the usual 25.
    "offset.storage.partitions": 5,
  };
}

/** @returns the path of the new `worker.properties` */
export async function writeProperties(
  folder: string,
  properties: WorkerProperties,
): Promise<string> {
  const file = join(folder, "worker.properties");
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(""));
  return file;
}
