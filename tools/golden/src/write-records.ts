import { Kafka, logLevel } from "kafkajs";

/** Writes records with these values, in order, into a topic that may have to be made. */
export async function writeRecords(
  bootstrapServers: string,
  topic: string,
  values: readonly string[],
): Promise<void> {
  const kafka = new Kafka({
    brokers: bootstrapServers.split(","),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}
