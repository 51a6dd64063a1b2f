import { AvroConverter } from "@millrace/connect-schema-registry";
import { Kafka, logLevel, type Message } from "kafkajs";
import { createTopic } from "../../harness/topics.ts";
import { ORDER, orderOf } from "./orders.ts";

/** Below the megabyte that a broker takes at once. */
const BATCH = 500;
const IN_FLIGHT = 6;

export interface Filling {
  readonly bootstrapServers: string;
  readonly registryUrl: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  /** Of record `number`; default: now. */
  readonly timestampOf?: (number: number) => number;
}

/** Fills a new topic with orders in Avro; record `number` goes to partition `number % partitions`. */
export async function fill(filling: Filling): Promise<void> {
  const { bootstrapServers, registryUrl, topic, partitions, records, timestampOf } = filling;
  await createTopic(bootstrapServers, topic, partitions, { "retention.ms": "-1" });
  const converter = new AvroConverter();
  converter.configure({ "schema.registry.url": registryUrl }, false);
  const kafka = new Kafka({
    brokers: bootstrapServers.split(","),
    clientId: "bench",
    logLevel: logLevel.NOTHING,
  });
  const producer = kafka.producer();
  await producer.connect();
  let next = 0;
  const lane = async () => {
    while (next < records) {
      const from = next;
      const to = Math.min(records, from + BATCH);
      next = to;
      const messages: Message[] = [];
      for (let number = from; number < to; number++) {
        // A promise for the first one alone.
        const value = await converter.fromConnectData(topic, [], ORDER, orderOf(number));
        const timestamp = String(timestampOf?.(number) ?? Date.now());
        messages.push({ value, partition: number % partitions, timestamp });
      }
      await producer.send({ topic, messages, acks: 1 });
    }
  };
  try {
    // Records of a partition stay in order only where one request is on its way.
    await Promise.all(Array.from({ length: timestampOf ? 1 : IN_FLIGHT }, lane));
  } finally {
    await producer.disconnect();
    converter.close();
  }
}
