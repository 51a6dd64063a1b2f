import { ConnectError } from "@millrace/connect-api";
import type { MongoClient } from "mongodb";
import { makeClient } from "./client.ts";
import type { ConnectionConfig } from "./config.ts";
import { withoutSecrets } from "./connection-string.ts";

/** Java waits 30 seconds, which is longer than people wait for an answer. */
const LIMIT_MS = 10_000;

/**
 * Tries to reach the deployment, and does there what `ask` wants to know.
 * @throws {ConfigError} for a file of the connection that cannot be read
 * @throws {ConnectError} why it is not reached
 */
export async function askDeployment<T>(
  config: ConnectionConfig,
  ask: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const client = makeClient(config, {
    serverSelectionTimeoutMS: Math.min(LIMIT_MS, ownTimeoutMs(config) ?? LIMIT_MS),
    connectTimeoutMS: LIMIT_MS,
    socketTimeoutMS: LIMIT_MS,
  });
  try {
    await reach(client, config);
    return await ask(client);
  } finally {
    await client.close();
  }
}

/** What the connection string says itself. */
function ownTimeoutMs(config: ConnectionConfig): number | undefined {
  const own = /[?&]serverSelectionTimeoutMS=(\d+)/i.exec(config["connection.uri"].value());
  return own === null ? undefined : Number(own[1]);
}

async function reach(client: MongoClient, config: ConnectionConfig): Promise<void> {
  try {
    await client.db("admin").command({ ping: 1 });
  } catch (error) {
    const text = config["connection.uri"].value();
    const why = (error as Error).message.replaceAll(text, withoutSecrets(text));
    throw new ConnectError(`No answer from ${withoutSecrets(text)}: ${why}`, { cause: error });
  }
}
