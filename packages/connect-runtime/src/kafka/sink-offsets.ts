import { ConnectError, type Props } from "@millrace/connect-api";
import { Admin, clientSettings, KafkaClient } from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";
import type { OffsetTexts } from "../herder/herder.ts";

/**
 * The offsets of a sink: those its consumer group has committed, in REST's form (KIP-875).
 * @throws {ConnectError} naming the group when the brokers do not tell
 */
export async function readSinkOffsets(
  workerProps: Props,
  connector: string,
  connectorProps: Props,
): Promise<OffsetTexts[]> {
  const group = connectorProps["consumer.override.group.id"] ?? `connect-${connector}`;
  try {
    const props: Props = {
      "bootstrap.servers": workerProps["bootstrap.servers"] ?? "",
      "client.id": `connector-adminclient-${connector}`,
      ...withoutPrefix(workerProps, "admin."),
      ...withoutPrefix(connectorProps, "admin.override."),
    };
    await using client = new KafkaClient(clientSettings(props, "admin").client);
    const committed = await new Admin(client).fetchGroupOffsets(group);
    return committed.map(({ topic, partition, offset }) => ({
      partition: JSON.stringify({ kafka_partition: partition, kafka_topic: topic }),
      offset: JSON.stringify({ kafka_offset: offset }),
    }));
  } catch (error) {
    throw new ConnectError(
      `Failed to retrieve consumer group offsets for sink connector ${connector} (group ${group}): ${(error as Error).message}`,
      { cause: error },
    );
  }
}
