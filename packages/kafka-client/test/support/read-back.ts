import { zstdDecompressSync } from "node:zlib";
import kafkajsModule, { type EachBatchPayload, type IHeaders, type KafkaMessage } from "kafkajs";

import { kafkajs, uniqueName } from "./kafka.ts";

const { CompressionCodecs, CompressionTypes } = kafkajsModule;

// kafkajs brings only gzip. Snappy and LZ4 are proved otherwise: the broker recompresses them.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => buffer,
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

/** A record as kafkajs read it. */
export interface ReadRecord {
  partition: number;
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  /** kafkajs keeps headers in an object: duplicates of one name stand together. */
  headers: [string, Buffer | null][];
}

/** Offsets after the last record, by partition. */
export async function endOffsets(bootstrapServers: string, topic: string): Promise<number[]> {
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  } finally {
    await admin.disconnect();
  }
}

/**
 * Every committed record of a topic, through kafkajs, in the order of its partitions.
 * @param markers offsets at the end that hold no records (transaction markers): kafkajs passes over
 *   them without a word
 */
export async function readAll(
  bootstrapServers: string,
  topic: string,
  { markers = 0, timeoutMs = 30_000 } = {},
): Promise<ReadRecord[]> {
  const ends = await endOffsets(bootstrapServers, topic);
  const records: ReadRecord[][] = ends.map(() => []);
  const open = new Set(ends.keys());
  const checkEnd = (partition: number) => {
    const last = records[partition]!.at(-1)?.offset ?? -1;
    if (last + 1 + markers >= ends[partition]!) open.delete(partition);
  };
  for (const partition of ends.keys()) checkEnd(partition);
  if (open.size === 0) return [];
  const consumer = kafkajs(bootstrapServers).consumer({
    groupId: uniqueName("read-back"),
    maxWaitTimeInMs: 100,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        const read = records.map((of) => of.at(-1)?.offset ?? -1);
        reject(new Error(`Read of ${topic} stopped at offsets ${read.join()} of ${ends.join()}`));
      }, timeoutMs);
      const eachBatch = async ({ batch }: EachBatchPayload) => {
        records[batch.partition]!.push(...batch.messages.map((m) => toRecord(batch.partition, m)));
        checkEnd(batch.partition);
        if (open.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return records.flat();
}

function toRecord(partition: number, message: KafkaMessage): ReadRecord {
  const { offset, timestamp, key, value, headers } = message;
  return {
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: flatten(headers),
  };
}

function flatten(headers: IHeaders | undefined): [string, Buffer | null][] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    // The types promise text, and undefined for null: kafkajs gives buffers, and null.
    (Array.isArray(value) ? value : [value]).map((one): [string, Buffer | null] => [
      name,
      (one as Buffer | undefined) ?? null,
    ]),
  );
}
