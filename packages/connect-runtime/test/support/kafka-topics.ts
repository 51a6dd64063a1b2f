import { Kafka, logLevel } from "kafkajs";
import { until } from "./until.ts";

/** A record as kafkajs reads it, or as it is to write it. */
export interface PlainRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
}

let names = 0;

/** A name that no other test, file or run uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${process.pid.toString(36)}-${Date.now().toString(36)}-${names++}`;
}

/** The second, independent client: what the stores write it reads, and the other way round. */
export function kafkajs(bootstrapServers: string): Kafka {
  return new Kafka({
    clientId: "kafkajs",
    brokers: bootstrapServers.split(","),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20 },
  });
}

export async function createTopic(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      // kafkajs gives up where a broker has not heard of the topic yet: we wait ourselves.
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    await until(`leaders of ${topic}`, async () => {
      const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
      const leaders = known?.topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
      return leaders.length === partitions;
    });
  } finally {
    await admin.disconnect();
  }
}

/** Writes records in one request; without a partition kafkajs chooses it by murmur2 of the key. */
export async function writeRecords(
  bootstrapServers: string,
  topic: string,
  records: readonly {
    partition?: number;
    key: string | Buffer | null;
    value: string | Buffer | null;
  }[],
): Promise<void> {
  const producer = kafkajs(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic, messages: records.map((record) => ({ ...record })) });
  } finally {
    await producer.disconnect();
  }
}

/** Everything that is committed in the topic now, each partition in order. */
export async function readRecords(bootstrapServers: string, topic: string): Promise<PlainRecord[]> {
  const client = kafkajs(bootstrapServers);
  const admin = client.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const missing = new Map(
    ends
      .filter(({ high, low }) => Number(high) > Number(low))
      .map(({ partition, high }) => [partition, Number(high)]),
  );
  const records: PlainRecord[] = [];
  if (missing.size === 0) return records;
  const consumer = client.consumer({ groupId: uniqueName("reader") });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // Also told of batches that are nothing but markers, with which a topic may end.
      consumer.on("consumer.end_batch_process", ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (missing.get(partition) ?? 0)) missing.delete(partition);
        if (missing.size === 0) resolve();
      });
      consumer
        .run({
          eachMessage: async ({ partition, message: { key, value } }) => {
            const text = (bytes: Buffer | null) => bytes && bytes.toString();
            records.push({ partition, key: text(key), value: text(value) });
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records.toSorted((a, b) => a.partition - b.partition);
}
