import type { Logger, Props } from "@millrace/connect-api";
import {
  type ClientOptions,
  clientSettings,
  GroupConsumer,
  KafkaClient,
  Producer,
  type RebalanceListener,
} from "@millrace/kafka-client";
import type { Subscription } from "../sink/subscription.ts";

/** How long a client that is disposed of may take to send what it still holds. */
const CLOSE_MS = 1_000;

export interface OpenProducer extends AsyncDisposable {
  readonly client: KafkaClient;
  readonly producer: Producer;
}

/**
 * A producer of Java client properties.
 * @throws {KafkaError} for a setting that cannot be honoured
 */
export function openProducer(props: Props, logger: Logger): OpenProducer {
  const settings = clientSettings(props, "producer");
  warn(settings.warnings, logger);
  const client = new KafkaClient(logging(settings.client, logger));
  const producer = new Producer(client, settings.producer);
  return {
    client,
    producer,
    [Symbol.asyncDispose]: async () => {
      await producer.close(CLOSE_MS);
      await client[Symbol.asyncDispose]();
    },
  };
}

export interface OpenConsumer extends AsyncDisposable {
  readonly consumer: GroupConsumer;
  /** `max.poll.records` */
  readonly maxPollRecords: number;
}

/**
 * A group consumer of Java client properties.
 * @throws {KafkaError} for a setting that cannot be honoured
 */
export function openConsumer(
  props: Props,
  subscription: Subscription,
  logger: Logger,
  listener: RebalanceListener,
): OpenConsumer {
  const settings = clientSettings(props, "consumer");
  warn(settings.warnings, logger);
  const client = new KafkaClient(logging(settings.client, logger));
  const { groupId, ...options } = settings.consumer;
  const consumer = new GroupConsumer(client, { ...options, groupId, ...subscription }, listener);
  return {
    consumer,
    maxPollRecords: settings.consumer.maxPollRecords,
    [Symbol.asyncDispose]: async () => {
      await consumer.close();
      await client[Symbol.asyncDispose]();
    },
  };
}

function logging(options: ClientOptions, logger: Logger): ClientOptions {
  return { ...options, log: (level, message) => logger[level](message) };
}

function warn(warnings: readonly string[], logger: Logger): void {
  for (const warning of warnings) logger.warn(warning);
}
