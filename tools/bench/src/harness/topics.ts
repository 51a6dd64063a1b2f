import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { Arrivals } from "./arrivals.ts";
import { numberOf } from "./lines.ts";

/** A Kafka client that is not ours: it cannot have the same defect. */
function otherClient(bootstrapServers: string, retries: number): Kafka {
  return new Kafka({
    brokers: bootstrapServers.split(","),
    clientId: "bench",
    logLevel: logLevel.NOTHING,
    retry: { retries },
  });
}

export async function createTopic(
  bootstrapServers: string,
  topic: string,
  numPartitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = otherClient(bootstrapServers, 10).admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: true,
    });
  } finally {
    await admin.disconnect();
  }
}

/** How many records a topic has, or undefined while the broker does not answer. */
export async function countRecords(
  bootstrapServers: string,
  topic: string,
): Promise<number | undefined> {
  const admin = otherClient(bootstrapServers, 0).admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } catch {
    return undefined; // asked again by whoever waits, who knows when to give up
  } finally {
    await admin.disconnect();
  }
}

/** Reads a topic of numbered lines to its end, and says which of the numbers are there. */
export async function readArrivals(
  bootstrapServers: string,
  topic: string,
  expected: number,
): Promise<Arrivals> {
  const records = await countRecords(bootstrapServers, topic);
  if (records === undefined) throw new Error(`Reading ${topic}: the broker does not answer`);
  const arrivals = new Arrivals(expected);
  const consumer = otherClient(bootstrapServers, 10).consumer({ groupId: `bench-${randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    let seen = 0;
    await new Promise<void>((resolve, reject) => {
      if (records === 0) resolve();
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const { value } of batch.messages) arrivals.add(numberOf(String(value)));
            seen += batch.messages.length;
            if (seen >= records) resolve();
          },
        })
        .catch(reject);
    });
    return arrivals;
  } finally {
    await consumer.disconnect();
  }
}
