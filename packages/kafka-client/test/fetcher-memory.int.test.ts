import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startKafka, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Fetcher, KafkaClient, Producer } from "../src/index.ts";
import { clientOf, createTopic } from "./support/kafka.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const PARTITIONS = 50;
const RECORD_BYTES = 1_000_000;
const RECORDS = 6;
const BUFFERED = 24 * 1024 * 1024;

let kafka: Kafka;
let client: KafkaClient;

beforeAll(async () => {
  kafka = await startKafka({ brokers: 3 });
  client = clientOf(kafka.bootstrapServers);
});
afterAll(async () => {
  await client?.close();
  await kafka?.close();
});

/** What all buffers of this process take, once nothing is held that need not be. */
function bufferMemory(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Large records in every partition, with small ones between them. */
async function fill(topic: string): Promise<number> {
  await client.metadata([topic]);
  await using producer = new Producer(client);
  const large = "x".repeat(RECORD_BYTES);
  let count = 0;
  for (let n = 0; n < RECORDS; n++) {
    const group = producer.group();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const values = (n + partition) % 3 === 0 ? [large] : ["s", "t"];
      for (const value of values) {
        if (producer.isFull) await producer.ready();
        group.append(topic, partition, -1, null, value);
        count++;
      }
    }
    expect((await group.send()).error).toBeUndefined();
  }
  return count;
}

test("a slow reader of 50 partitions on three brokers, many of them paused, stays in its bound", async () => {
  const topic = await createTopic(kafka.bootstrapServers, { numPartitions: PARTITIONS });
  const written = await fill(topic);
  const before = bufferMemory();
  await using fetcher = new Fetcher(client, { offsetReset: "earliest" });
  const all = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }));
  fetcher.assign(all);
  let read = 0;
  let mostHeld = 0;
  let mostCounted = 0;
  const paused: { topic: string; partition: number }[] = [];
  while (read < written) {
    const polled = await fetcher.poll(1, 300);
    for (const { length, partition } of polled) {
      read += length;
      // Held up with the rest of what has arrived for it, as sinks do that write by partition.
      fetcher.pause([{ topic, partition }]);
      paused.push({ topic, partition });
    }
    if (polled.length === 0 || paused.length > PARTITIONS / 2) {
      await sleep(50);
      mostCounted = Math.max(mostCounted, fetcher.bufferedBytes);
      mostHeld = Math.max(mostHeld, bufferMemory() - before);
      fetcher.resume(paused.splice(0));
    }
  }
  expect(read).toBe(written);
  expect(mostCounted).toBeLessThanOrEqual(BUFFERED + RECORD_BYTES);
  // Beside it: what was handed out last, and what the collector gives back later.
  expect(mostHeld).toBeLessThan(2 * BUFFERED);
});
