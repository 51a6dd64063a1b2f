import type { Logger, Props } from "@millrace/connect-api";
import {
  Admin,
  type ClientOptions,
  clientSettings,
  type FetchObserver,
  GroupConsumer,
  KafkaClient,
  type ProduceObserver,
  Producer,
  type RebalanceListener,
} from "@millrace/kafka-client";
import { endsBefore } from "../task/until.ts";
import type { Subscription } from "../sink/subscription.ts";

/** How long a client that is disposed of may take to send what it still holds. */
const CLOSE_MS = 1_000;

export interface OpenProducer extends AsyncDisposable {
  readonly client: KafkaClient;
  readonly producer: Producer;
  /** Lets go of the brokers in short time, of a task whose plugin does not come back. */
  abandon(): Promise<void>;
}

/**
 * A producer of Java client properties.
 * @throws {KafkaError} for a setting that cannot be honoured
 */
export function openProducer(
  props: Props,
  logger: Logger,
  observer?: ProduceObserver,
): OpenProducer {
  const settings = clientSettings(props, "producer");
  warn(settings.warnings, logger);
  const client = new KafkaClient(logging(settings.client, logger));
  const producer = new Producer(client, { ...settings.producer, observer });
  return {
    client,
    producer,
    abandon: async () => {
      await endsBefore(producer.close(CLOSE_MS), 2 * CLOSE_MS);
      await client[Symbol.asyncDispose]();
    },
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
  /** Leaves the group in short time, also while the plugin holds up a rebalance. */
  abandon(): Promise<void>;
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
  observer?: FetchObserver,
): OpenConsumer {
  const settings = clientSettings(props, "consumer");
  warn(settings.warnings, logger);
  const client = new KafkaClient(logging(settings.client, logger));
  const { groupId, ...options } = settings.consumer;
  const consumer = new GroupConsumer(
    client,
    { ...options, groupId, ...subscription, observer },
    listener,
  );
  return {
    consumer,
    maxPollRecords: settings.consumer.maxPollRecords,
    abandon: async () => {
      await endsBefore(consumer.close(), CLOSE_MS);
      await client[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: async () => {
      await consumer.close();
      await client[Symbol.asyncDispose]();
    },
  };
}

export interface OpenAdmin extends AsyncDisposable {
  readonly admin: Admin;
}

/**
 * An admin client of Java client properties.
 * @throws {KafkaError} for a setting that cannot be honoured
 */
export function openAdmin(props: Props, logger: Logger): OpenAdmin {
  const settings = clientSettings(props, "admin");
  warn(settings.warnings, logger);
  const client = new KafkaClient(logging(settings.client, logger));
  return { admin: new Admin(client), [Symbol.asyncDispose]: () => client.close() };
}

function logging(options: ClientOptions, logger: Logger): ClientOptions {
  return { ...options, log: (level, message) => logger[level](message) };
}

function warn(warnings: readonly string[], logger: Logger): void {
  for (const warning of warnings) logger.warn(warning);
}
