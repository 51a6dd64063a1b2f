import { ConnectError, type Props, RetriableError } from "@millrace/connect-api";
import { Admin, clientSettings, isKafkaError, KafkaClient } from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";

/**
 * Fences off the producers of a connector's earlier tasks, in the Kafka cluster and with the rights
 * that its tasks have, as far as `admin.` and `admin.override.` say.
 * @throws {RetriableError} when the brokers do not answer in time
 * @throws {ConnectError} naming the transactional id that they refuse to fence
 */
export async function fenceProducers(
  workerProps: Props,
  connector: string,
  connectorProps: Props,
  transactionalIds: readonly string[],
): Promise<void> {
  const props: Props = {
    "bootstrap.servers": workerProps["bootstrap.servers"] ?? "",
    "client.id": `connector-adminclient-${connector}`,
    ...withoutPrefix(workerProps, "admin."),
    ...withoutPrefix(connectorProps, "admin.override."),
  };
  await using client = new KafkaClient(clientSettings(props, "admin").client);
  const outcomes = await new Admin(client).fenceProducers(transactionalIds);
  for (const [id, outcome] of outcomes) {
    if (!isKafkaError(outcome)) continue;
    const message = `Producers with the transactional id ${id} could not be fenced off: ${outcome.message}`;
    if (outcome.retriable) throw new RetriableError(message, { cause: outcome });
    throw new ConnectError(message, { cause: outcome });
  }
}
