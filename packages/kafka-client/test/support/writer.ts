import { KafkaClient } from "../../src/client.ts";
import { Producer } from "../../src/producer.ts";

export interface BackgroundWriter {
  /** How many values each partition has, all acknowledged: 0, 1, 2… */
  readonly acked: number;
  stop(): Promise<void>;
}

/**
 * Writes 0, 1, 2… to each partition without an end, whatever happens to the brokers meanwhile. With
 * our own producer: kafkajs was seen to acknowledge what it had not written when a leader was
 * killed, so it cannot be the measure here.
 */
export async function writeInBackground(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  pauseMs = 10,
): Promise<BackgroundWriter> {
  const client = new KafkaClient({ bootstrapServers: bootstrapServers.split(",") });
  const producer = new Producer(client, { requestTimeoutMs: 5000 });
  await client.metadata([topic]);
  const stop = new AbortController();
  const writer = {
    acked: 0,
    async stop() {
      stop.abort();
      await running;
      await producer.close();
      await client.close();
    },
  };
  const running = (async () => {
    while (!stop.signal.aborted) {
      const group = producer.group();
      for (let partition = 0; partition < partitions; partition++)
        for (let i = 0; i < 5; i++)
          group.append(topic, partition, -1, null, String(writer.acked + i));
      const { error } = await group.send();
      if (error !== undefined) throw error;
      writer.acked += 5;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  return writer;
}
