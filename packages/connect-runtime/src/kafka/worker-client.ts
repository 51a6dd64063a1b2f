import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import { clientSettings, KafkaClient } from "@millrace/kafka-client";
import { CLIENT_TABLES } from "../config/client-tables.ts";

/**
 * The Kafka client of the worker itself. Among the worker's own keys those of the client
 * have no prefix.
 * @param defaults for keys that the worker's properties leave open
 * @throws {ConnectError} for settings that cannot be honoured
 */
export function openWorkerClient(workerProps: Props, defaults: Props, logger: Logger): KafkaClient {
  const own = Object.entries(workerProps).filter(([key]) =>
    Object.hasOwn(CLIENT_TABLES.ADMIN, key),
  );
  try {
    const settings = clientSettings({ ...defaults, ...Object.fromEntries(own) }, "admin");
    for (const warning of settings.warnings) logger.warn(warning);
    return new KafkaClient({
      ...settings.client,
      log: (level, message) => logger[level](message),
    });
  } catch (error) {
    throw unreachable(workerProps, error);
  }
}

/**
 * The id of the cluster a worker works for, which REST shows. Asked for at start, it
 * proves too that the brokers can be reached and let the worker in.
 * @throws {ConnectError} naming the brokers and the reason
 */
export async function clusterIdOf(client: KafkaClient, workerProps: Props): Promise<string> {
  try {
    return await client.clusterId();
  } catch (error) {
    throw unreachable(workerProps, error);
  }
}

function unreachable(workerProps: Props, cause: unknown): ConnectError {
  return new ConnectError(
    `Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties. (bootstrap.servers=${workerProps["bootstrap.servers"] ?? ""}: ${(cause as Error).message})`,
    { cause },
  );
}
