import { ConnectError, type Props } from "@millrace/connect-api";
import { clientSettings, KafkaClient } from "@millrace/kafka-client";

/**
 * The id of the cluster a worker works for, which REST shows. Asked for at start, it
 * proves too that the brokers can be reached and let the worker in.
 * @throws {ConnectError} naming the brokers and the reason
 */
export async function lookUpClusterId(workerProps: Props): Promise<string> {
  try {
    await using client = new KafkaClient(clientSettings(workerProps, "admin").client);
    return await client.clusterId();
  } catch (error) {
    throw new ConnectError(
      `Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties. (bootstrap.servers=${workerProps["bootstrap.servers"] ?? ""}: ${(error as Error).message})`,
      { cause: error },
    );
  }
}
