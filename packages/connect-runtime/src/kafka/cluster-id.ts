import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import { clientSettings, KafkaClient } from "@millrace/kafka-client";
import { CLIENT_TABLES } from "../config/client-tables.ts";

/**
 * The id of the cluster a worker works for, which REST shows. Asked for at start, it
 * proves too that the brokers can be reached and let the worker in.
 * @throws {ConnectError} naming the brokers and the reason
 */
export async function lookUpClusterId(workerProps: Props, logger: Logger): Promise<string> {
  try {
    // Among the worker's own keys those of the client have no prefix.
    const clientProps = Object.fromEntries(
      Object.entries(workerProps).filter(([key]) => Object.hasOwn(CLIENT_TABLES.ADMIN, key)),
    );
    const settings = clientSettings(clientProps, "admin");
    for (const warning of settings.warnings) logger.warn(warning);
    await using client = new KafkaClient({
      ...settings.client,
      log: (level, message) => logger[level](message),
    });
    return await client.clusterId();
  } catch (error) {
    throw new ConnectError(
      `Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties. (bootstrap.servers=${workerProps["bootstrap.servers"] ?? ""}: ${(error as Error).message})`,
      { cause: error },
    );
  }
}
