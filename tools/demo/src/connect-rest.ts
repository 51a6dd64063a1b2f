import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ConnectClient } from "@millrace/services";

const CONNECTORS = new URL("../../../config/connectors/", import.meta.url);

interface ConnectorJson {
  readonly name: string;
  readonly config: Record<string, string>;
}

/**
 * Creates a connector from the repository's JSON file, as `curl -X POST …/connectors -d
 * @file` does, with some values put in.
 * @returns the connector's name
 */
export async function createConnector(
  worker: ConnectClient,
  file: string,
  values: Readonly<Record<string, string>>,
): Promise<string> {
  const path = new URL(file, CONNECTORS);
  const { name, config } = JSON.parse(await readFile(path, "utf8")) as ConnectorJson;
  console.log(
    `  curl -X POST ${worker.url}/connectors -H 'Content-Type: application/json' -d @${fileURLToPath(path)}`,
  );
  for (const [key, value] of Object.entries(values)) {
    if (!key.includes("password")) console.log(`    with ${key} = ${value}`);
  }
  await worker.create(name, { ...config, ...values });
  return name;
}
