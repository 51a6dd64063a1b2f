import { randomUUID } from "node:crypto";
import { otherClient } from "./read-topic.ts";

const END = "end of reading ";
const PATIENCE_MS = 120_000;

/**
 * Every value that a consumer of committed records sees in a topic, in order within each partition; with
 * another client than ours. It writes a record of its own behind them, in each partition, to know where
 * to stop, since a consumer is not told of markers and of what was aborted.
 *
 * A partition must have one producer: kafkajs takes the broker's list of aborted transactions to be in
 * the order of their beginnings, but it is in that of their ends, and shows some of those that overlap.
 * @param partitions how many the topic has
 * @throws Error when these records do not come, because a transaction before one is open for too long
 */
export async function readCommitted(
  bootstrapServers: string,
  topic: string,
  partitions = 1,
): Promise<string[]> {
  const kafka = otherClient(bootstrapServers);
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: `e2e-${randomUUID()}`, readUncommitted: false });
  const end = `${END}${randomUUID()}`;
  const values: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  await producer.connect();
  try {
    const messages = Array.from({ length: partitions }, (_, partition) => ({
      value: end,
      partition,
    }));
    await producer.send({ topic, messages });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let unfinished = partitions;
    await new Promise<void>((resolve, reject) => {
      const late = `Only ${values.length} records of ${topic} came in ${PATIENCE_MS} ms`;
      timer = setTimeout(() => reject(new Error(late)), PATIENCE_MS);
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) {
              const value = message.value?.toString() ?? "";
              if (value === end) unfinished--;
              else if (!value.startsWith(END)) values.push(value);
            }
            if (unfinished === 0) resolve();
          },
        })
        .catch(reject);
    });
    return values;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await producer.disconnect();
  }
}
