import type { Logger, Props } from "@millrace/connect-api";
import {
  Admin,
  clientSettings,
  Fetcher,
  type FetchedRecords,
  isKafkaError,
  KafkaClient,
  type StartPosition,
  type TopicPartition,
} from "@millrace/kafka-client";
import type { Subscription } from "../sink/subscription.ts";
import type { SampleOptions } from "./steps.ts";

/** Of one partition in one answer: a few records are wanted. */
const MAX_PARTITION_BYTES = 256 * 1024;

export interface TopicRecords {
  readonly batches: readonly FetchedRecords[];
  readonly notes: readonly string[];
}

/**
 * Reads a few records of what a sink subscribes to, without a group: nobody else notices, and
 * nothing is committed.
 * @param props Java consumer properties
 * @throws {KafkaError} when the brokers do not answer, or refuse
 */
export async function readTopics(
  props: Props,
  subscription: Subscription,
  { max, from, waitMs }: SampleOptions,
  logger: Logger,
): Promise<TopicRecords> {
  const settings = clientSettings(props, "consumer");
  const { isolation } = settings.consumer;
  await using client = new KafkaClient({
    ...settings.client,
    log: (level, message) => logger[level](message),
  });
  const admin = new Admin(client);
  const deadline = Date.now() + waitMs;
  const notes: string[] = [];
  const partitions = await partitionsOf(admin, await topicsOf(admin, subscription), notes);
  const bounds = async (spec: "earliest" | "latest") =>
    await admin.listOffsets(
      partitions.map((tp) => ({ ...tp, spec })),
      isolation,
    );
  const [starts, ends] = [await bounds("earliest"), await bounds("latest")];
  const share = Math.ceil(max / Math.max(1, partitions.length));
  const open: (StartPosition & { readonly end: number })[] = [];
  for (const tp of partitions) {
    const [start, end] = [starts, ends].map((found) => found.get(tp.topic, tp.partition));
    if (start === undefined || end === undefined || isKafkaError(start) || isKafkaError(end)) {
      const error = [start, end].find((one) => isKafkaError(one));
      notes.push(`${tp.topic}-${tp.partition} cannot be read: ${error?.message ?? "no answer"}`);
      continue;
    }
    if (start.offset >= end.offset) continue;
    const first = from === "latest" ? Math.max(start.offset, end.offset - share) : start.offset;
    open.push({ ...tp, offset: first, end: end.offset });
  }
  if (partitions.length > 0 && open.length === 0 && notes.length === 0) {
    notes.push("The topics hold no records");
  }
  await using fetcher = new Fetcher(client, {
    ...settings.consumer,
    maxPartitionBytes: MAX_PARTITION_BYTES,
    maxWaitMs: 100,
    offsetReset: "earliest",
  });
  fetcher.assign(open);
  const batches: FetchedRecords[] = [];
  let missing = max;
  const isRead = (tp: TopicPartition & { end: number }) => (fetcher.position(tp) ?? 0) >= tp.end;
  while (missing > 0 && !open.every(isRead)) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) {
      notes.push(`No more records came within ${waitMs} ms`);
      break;
    }
    for (const batch of await fetcher.poll(missing, leftMs)) {
      batches.push(batch);
      missing -= batch.length;
    }
  }
  return { batches, notes };
}

async function topicsOf(admin: Admin, subscription: Subscription): Promise<readonly string[]> {
  if ("topics" in subscription) return subscription.topics;
  const { topicsRegex } = subscription;
  return (await admin.listTopics()).filter((topic) => topicsRegex.test(topic));
}

async function partitionsOf(
  admin: Admin,
  topics: readonly string[],
  notes: string[],
): Promise<TopicPartition[]> {
  if (topics.length === 0) notes.push("No topic matches topics.regex");
  const described = await admin.describeTopics(topics);
  return topics.flatMap((topic) => {
    const outcome = described.get(topic);
    if (outcome === undefined || isKafkaError(outcome)) {
      const why =
        outcome?.code === "UNKNOWN_TOPIC_OR_PARTITION"
          ? "it does not exist"
          : (outcome?.message ?? "no answer");
      notes.push(`Topic ${topic} cannot be read: ${why}`);
      return [];
    }
    return outcome.partitions.map(({ partition }) => ({ topic, partition }));
  });
}
