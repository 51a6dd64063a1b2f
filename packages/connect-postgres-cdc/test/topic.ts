import { randomUUID } from "node:crypto";
import kafkajs, { type KafkaMessage } from "kafkajs";

/** A client that is not ours. */
function otherClient(bootstrapServers: string) {
  return new kafkajs.Kafka({
    brokers: [bootstrapServers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 30 },
  });
}

/** The offset behind the last record of a topic with one partition; 0 while there is no such topic. */
export async function endOf(bootstrapServers: string, topic: string): Promise<number> {
  const admin = otherClient(bootstrapServers).admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) return 0;
    return Number((await admin.fetchTopicOffsets(topic))[0]!.high);
  } finally {
    await admin.disconnect();
  }
}

/**
 * Reads the committed records of a topic from its beginning.
 * @param take sees each record; returns whether it was the last
 */
export async function readTopic(
  bootstrapServers: string,
  topic: string,
  take: (message: KafkaMessage) => boolean,
): Promise<void> {
  const consumer = otherClient(bootstrapServers).consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      void consumer.run({
        eachMessage: async ({ message }) => {
          try {
            if (take(message)) resolve();
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
}
