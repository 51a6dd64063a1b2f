import { setTimeout as sleep } from "node:timers/promises";
import { sharedKafka, startKafka } from "@millrace/services";
import { Kafka, logLevel } from "kafkajs";
import type { ITopicConfig, Admin as KafkajsAdmin, Producer } from "kafkajs";
import { KafkaClient } from "../../src/client.ts";
import { errorName } from "../../src/errors.ts";
import type { ProtocolApi } from "../../src/connection/connection.ts";
import { Writer, createAPI } from "../../src/protocol.ts";
import type { FetchedRecords } from "../../src/record-batch/decode.ts";
import type { Fetcher } from "../../src/fetcher.ts";
import type { TopicPartition } from "../../src/types.ts";

/** The versions that tests of the protocol run against. */
export const KAFKA_VERSIONS = ["4.3.1", "3.9.2"] as const;

export interface TestBroker extends AsyncDisposable {
  bootstrapServers: string;
}

/** The newest version is shared by the whole run, an older one is started for the caller. */
export async function brokerOf(version: (typeof KAFKA_VERSIONS)[number]): Promise<TestBroker> {
  if (version !== KAFKA_VERSIONS[0]) return startKafka({ version });
  const bootstrapServers = await sharedKafka();
  return { bootstrapServers, [Symbol.asyncDispose]: async () => {} };
}

export function clientOf(bootstrapServers: string, clientId = "test"): KafkaClient {
  return new KafkaClient({ bootstrapServers: bootstrapServers.split(","), clientId });
}

let names = 0;

/** A name that no other test, file or run uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${process.pid.toString(36)}-${Date.now().toString(36)}-${names++}`;
}

/** kafkajs is the second opinion: what we read it wrote, and the other way round. */
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
  options: Partial<ITopicConfig> & { configs?: Record<string, string> } = {},
): Promise<string> {
  const { configs = {}, ...config } = options;
  const topic = config.topic ?? uniqueName("topic");
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      // kafkajs gives up where a broker has not heard of the topic yet: we wait ourselves.
      waitForLeaders: false,
      topics: [
        {
          numPartitions: 1,
          replicationFactor: 1,
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
          ...config,
          topic,
        },
      ],
    });
    await awaitLeaders(admin, topic, config.numPartitions ?? 1);
  } finally {
    await admin.disconnect();
  }
  return topic;
}

/** Waits until no broker knows it any more. */
export async function deleteTopic(bootstrapServers: string, topic: string): Promise<void> {
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [topic] });
    while ((await admin.listTopics()).includes(topic)) await sleep(20);
  } finally {
    await admin.disconnect();
  }
}

async function awaitLeaders(admin: KafkajsAdmin, topic: string, partitions: number): Promise<void> {
  for (const deadline = Date.now() + 15_000; ;) {
    const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      return { topics: [] };
    });
    const leaders = known.topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
    if (leaders.length === partitions) return;
    if (Date.now() > deadline) throw new Error(`No leaders for ${topic}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A kafkajs producer for the time of a callback. */
export async function withProducer<R>(
  bootstrapServers: string,
  run: (producer: Producer) => Promise<R>,
  transactionalId?: string,
): Promise<R> {
  const options = { allowAutoTopicCreation: false };
  const producer = kafkajs(bootstrapServers).producer(
    transactionalId === undefined
      ? options
      : { ...options, transactionalId, maxInFlightRequests: 1, idempotent: true },
  );
  await producer.connect();
  try {
    return await run(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Writes `count` records "from", "from+1"… to a partition, through kafkajs. */
export function produceNumbers(
  bootstrapServers: string,
  topic: string,
  from: number,
  count: number,
  partition = 0,
): Promise<unknown> {
  const messages = Array.from({ length: count }, (_, i) => ({
    value: String(from + i),
    partition,
  }));
  return withProducer(bootstrapServers, (producer) => producer.send({ topic, messages }));
}

const produceV7: ProtocolApi<[string, number, Buffer], number> = createAPI<
  [string, number, Buffer],
  number
>(
  0,
  7,
  (topic, partition, batch) =>
    Writer.create()
      .appendString(null, false)
      .appendInt16(-1)
      .appendInt32(30_000)
      .appendInt32(1)
      .appendString(topic, false)
      .appendInt32(1)
      .appendInt32(partition)
      .appendBytes(batch, false),
  (_correlationId, _apiKey, _apiVersion, reader) => {
    reader.readInt32();
    reader.readString(false);
    reader.readInt32();
    reader.readInt32();
    return reader.readInt16();
  },
  false,
  false,
);

/** Writes a record batch as it is, for what kafkajs cannot write. */
export async function produceBatch(
  client: KafkaClient,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<void> {
  for (const deadline = Date.now() + 10_000; ;) {
    await client.metadata([topic]);
    const leader = client.cache.partition(topic, partition)?.leader ?? -1;
    const errorCode = await client.send(leader, [produceV7], [topic, partition, batch]);
    if (errorCode === 0) return;
    // A leader may be the last to hear that it is one.
    const code = errorName(errorCode);
    if (code !== "NOT_LEADER_OR_FOLLOWER" || Date.now() > deadline)
      throw new Error(`The broker refused the batch: ${code}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Polls until `count` records came, or for `timeoutMs`. */
export async function readRecords(
  source: Pick<Fetcher, "poll">,
  count: number,
  timeoutMs = 30_000,
  maxRecords = 500,
): Promise<FetchedRecords[]> {
  const chunks: FetchedRecords[] = [];
  const deadline = Date.now() + timeoutMs;
  let read = 0;
  while (read < count && Date.now() < deadline) {
    for (const chunk of await source.poll(maxRecords, Math.max(0, deadline - Date.now()))) {
      chunks.push(chunk);
      read += chunk.length;
    }
  }
  return chunks;
}

/** Reads to the ends of the given partitions, as of when they are reached. */
export async function readToEnd(
  reader: Fetcher,
  partitions: TopicPartition[],
  maxRecords = 500,
): Promise<FetchedRecords[]> {
  const chunks: FetchedRecords[] = [];
  const deadline = Date.now() + 15_000;
  const atEnd = (tp: TopicPartition): boolean =>
    reader.endOffset(tp) !== undefined && reader.position(tp) === reader.endOffset(tp);
  while (!partitions.every(atEnd)) {
    chunks.push(...(await reader.poll(maxRecords, 100)));
    if (Date.now() > deadline) throw new Error(`No end after ${offsetsOf(chunks).length} records`);
  }
  return chunks;
}

export const valuesOf = (chunks: FetchedRecords[]): (string | null)[] =>
  chunks.flatMap((chunk) => Array.from({ length: chunk.length }, (_, i) => chunk.valueText(i)));

export const offsetsOf = (chunks: FetchedRecords[]): number[] =>
  chunks.flatMap((chunk) => [...chunk.offsets.subarray(0, chunk.length)]);

/** "from" to "to", exclusive, as `produceNumbers` writes them. */
export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));
