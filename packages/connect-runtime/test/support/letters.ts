import { clientSettings, type FetchedRecords, Fetcher, KafkaClient } from "@millrace/kafka-client";

/** A record of a topic, with its headers in order. */
export interface ReadRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The first records of a topic's first partition. */
export async function readFirst(
  bootstrapServers: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const { client: options } = clientSettings(
    { "bootstrap.servers": bootstrapServers, "client.id": "test" },
    "consumer",
  );
  await using client = new KafkaClient(options);
  await using fetcher = new Fetcher(client);
  fetcher.assign([{ topic, partition: 0, offset: 0 }]);
  const records: ReadRecord[] = [];
  const signal = AbortSignal.timeout(30_000);
  while (records.length < count) {
    for (const part of await fetcher.poll(count, 1_000, signal)) records.push(...rowsOf(part));
  }
  return records.slice(0, count);
}

function rowsOf(part: FetchedRecords): ReadRecord[] {
  return Array.from({ length: part.length }, (_, i) => ({
    key: part.key(i),
    value: part.value(i),
    timestamp: part.timestamps[i]!,
    headers: part
      .headers(i)
      .map(({ key, value }) => [key, value === null ? "null" : String(value)] as const),
  }));
}
