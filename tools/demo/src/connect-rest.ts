import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const CONNECTORS = new URL("../../../config/connectors/", import.meta.url);
const RUNNING_MS = 30_000;

interface ConnectorJson {
  readonly name: string;
  readonly config: Record<string, string>;
}

interface Status {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    readonly trace?: string;
  }[];
}

/**
 * Creates a connector from the repository's JSON file, as `curl -X POST …/connectors -d
 * @file` does, with some values put in.
 * @returns the connector's name
 */
export async function createConnector(
  workerUrl: string,
  file: string,
  values: Readonly<Record<string, string>>,
): Promise<string> {
  const path = new URL(file, CONNECTORS);
  const { name, config } = JSON.parse(await readFile(path, "utf8")) as ConnectorJson;
  console.log(
    `  curl -X POST ${workerUrl}/connectors -H 'Content-Type: application/json' -d @${fileURLToPath(path)}`,
  );
  for (const [key, value] of Object.entries(values)) {
    if (!key.includes("password")) console.log(`    with ${key} = ${value}`);
  }
  const response = await fetch(`${workerUrl}/connectors`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, config: { ...config, ...values } }),
  });
  if (!response.ok) {
    throw new Error(`The worker refused ${file} (${response.status}): ${await response.text()}`);
  }
  return name;
}

/** Waits until a connector and all its tasks run. @throws {Error} with the trace of one that failed */
export async function untilRunning(workerUrl: string, connector: string): Promise<void> {
  const deadline = Date.now() + RUNNING_MS;
  while (Date.now() < deadline) {
    const status = await readStatus(workerUrl, connector);
    throwIfFailed(connector, status);
    if (
      status?.connector.state === "RUNNING" &&
      status.tasks.length > 0 &&
      status.tasks.every((task) => task.state === "RUNNING")
    )
      return;
    await delay(100);
  }
  throw new Error(
    `${connector} did not start within ${RUNNING_MS / 1000} s: curl ${workerUrl}/connectors/${connector}/status`,
  );
}

/** @throws {Error} when the connector or one of its tasks has failed */
export async function checkRunning(workerUrl: string, connector: string): Promise<void> {
  throwIfFailed(connector, await readStatus(workerUrl, connector));
}

async function readStatus(workerUrl: string, connector: string): Promise<Status | undefined> {
  const response = await fetch(`${workerUrl}/connectors/${connector}/status`);
  return response.ok ? ((await response.json()) as Status) : undefined;
}

function throwIfFailed(connector: string, status: Status | undefined): void {
  for (const part of status ? [status.connector, ...status.tasks] : []) {
    if (part.state === "FAILED") throw new Error(`${connector} failed: ${part.trace ?? ""}`);
  }
}
