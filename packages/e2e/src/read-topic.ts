import { randomUUID } from "node:crypto";
import kafkajs, { type Kafka, type KafkaMessage } from "kafkajs";

// Node sees only a default export of this CommonJS module.
const { KafkaJSProtocolError, logLevel } = kafkajs;

const BEING_CREATED: ReadonlySet<string> = new Set([
  "NOT_LEADER_FOR_PARTITION",
  "LEADER_NOT_AVAILABLE",
]);

/** A Kafka client that is not ours: it cannot have the same defect. */
export function otherClient(bootstrapServers: string): Kafka {
  return new kafkajs.Kafka({
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

/** Every value, or key, of a topic, up to where it ends now, in order within each partition. */
export async function readTopic(
  bootstrapServers: string,
  topic: string,
  part: "key" | "value" = "value",
): Promise<string[]> {
  const values: string[] = [];
  await forEachRecord(bootstrapServers, topic, (message) =>
    values.push(message[part]?.toString() ?? ""),
  );
  return values;
}

/** As `readTopic`, one record after the other, for topics that do not fit into memory. */
export async function forEachRecord(
  bootstrapServers: string,
  topic: string,
  visit: (message: Pick<KafkaMessage, "key" | "value" | "headers">) => void,
): Promise<void> {
  const expected = await countRecords(bootstrapServers, topic);
  const consumer = otherClient(bootstrapServers).consumer({ groupId: `e2e-${randomUUID()}` });
  let count = 0;
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      if (expected === 0) resolve();
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) visit(message);
            count += batch.messages.length;
            if (count >= expected) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}
