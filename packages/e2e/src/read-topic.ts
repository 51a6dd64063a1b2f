import { randomUUID } from "node:crypto";
import { Kafka, KafkaJSProtocolError, logLevel } from "kafkajs";

const BEING_CREATED: ReadonlySet<string> = new Set([
  "NOT_LEADER_FOR_PARTITION",
  "LEADER_NOT_AVAILABLE",
]);

/** A Kafka client that is not ours: it cannot have the same defect. */
export function otherClient(bootstrapServers: string): Kafka {
  return new Kafka({
    brokers: bootstrapServers.split(","),
    clientId: "e2e",
    logLevel: logLevel.NOTHING,
    retry: { retries: 30 },
  });
}

/** Records in a topic so far, over all partitions; 0 while it does not exist or has no leader yet. */
export async function countRecords(bootstrapServers: string, topic: string): Promise<number> {
  const admin = otherClient(bootstrapServers).admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) return 0;
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } catch (error) {
    if (error instanceof KafkaJSProtocolError && BEING_CREATED.has(error.type)) return 0;
    throw error;
  } finally {
    await admin.disconnect();
  }
}

/** Every value of a topic, up to where it ends now, in order within each partition. */
export async function readTopic(bootstrapServers: string, topic: string): Promise<string[]> {
  const expected = await countRecords(bootstrapServers, topic);
  const consumer = otherClient(bootstrapServers).consumer({ groupId: `e2e-${randomUUID()}` });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      if (expected === 0) resolve();
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const { value } of batch.messages) values.push(value?.toString() ?? "");
            if (values.length >= expected) resolve();
          },
        })
        .catch(reject);
    });
    return values;
  } finally {
    await consumer.disconnect();
  }
}
