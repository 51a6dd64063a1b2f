import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import { isKafkaError, isRetriable, type KafkaClient, unwrap } from "@millrace/kafka-client";
import type { DeadLetterConfig } from "../errors/dead-letter-config.ts";
import { DeadLetterQueue, type LetterProducer } from "../errors/dead-letter-queue.ts";
import { sleep } from "../task/sleep.ts";
import type { TaskEnvironment } from "../task/environment.ts";
import { adminProps, deadLetterProducerProps } from "./client-props.ts";
import { endsBefore } from "../task/until.ts";
import { openAdmin, type OpenProducer, openProducer } from "./open-clients.ts";

/** How long one look for a topic that was deleted may take. */
const LOOK_UP_MS = 5_000;
const LOOK_UP_PAUSE_MS = 100;
/** How long a task that has ended waits for its last letters; none of their offsets is committed. */
const LAST_LETTERS_MS = 1_000;

export interface OpenDeadLetters extends AsyncDisposable {
  readonly queue: DeadLetterQueue;
}

/**
 * The dead-letter topic of a task, made where it is missing, and a producer for it. A
 * record that cannot be written there fails the task.
 * @throws {ConnectError} in Java's words when the topic cannot be looked at or made
 */
export async function openDeadLetters(
  config: DeadLetterConfig,
  { spec, workerProps, life, hide }: TaskEnvironment,
  logger: Logger,
): Promise<OpenDeadLetters> {
  await ensureTopic(config, adminProps(workerProps, spec), logger);
  const kafka = openProducer(deadLetterProducerProps(workerProps, spec), logger);
  life.cancelled.addEventListener("abort", () => void kafka.abandon());
  const queue = new DeadLetterQueue(
    config,
    { connector: spec.connector, task: spec.task, hide },
    letterProducer(kafka, life.cancelled),
    (error) => life.fail(error),
  );
  return {
    queue,
    [Symbol.asyncDispose]: async () => {
      // What failed last may still be on its way to the producer.
      await endsBefore(queue.settled(), LAST_LETTERS_MS);
      await kafka[Symbol.asyncDispose]();
    },
  };
}

async function ensureTopic(config: DeadLetterConfig, props: Props, logger: Logger): Promise<void> {
  const { topic, replicationFactor, key } = config;
  try {
    await using kafka = openAdmin(props, logger);
    const { admin } = kafka;
    const described = (await admin.describeTopics([topic])).get(topic);
    if (!isKafkaError(described) || described.code !== "UNKNOWN_TOPIC_OR_PARTITION") {
      unwrap(described, topic);
      return;
    }
    const created = await admin.createTopics([{ name: topic, partitions: 1, replicationFactor }]);
    const outcome = created.get(topic);
    // Another task was faster.
    if (isKafkaError(outcome) && outcome.code === "TOPIC_ALREADY_EXISTS") return;
    unwrap(outcome, topic);
    logger.info(`Created dead letter topic ${topic} (${key})`);
  } catch (error) {
    throw new ConnectError(`Could not initialize dead letter queue with topic=${topic} (${key})`, {
      cause: error,
    });
  }
}

/** @param cancelled ends the looking for a topic that does not come */
function letterProducer(
  { client, producer }: OpenProducer,
  cancelled: AbortSignal,
): LetterProducer {
  return {
    group: () => producer.group(),
    partition: (topic, key) => producer.partition(topic, key),
    get isFull() {
      return producer.isFull;
    },
    ready: (signal) => producer.ready(signal),
    locate: async (topic) => {
      while (client.partitionCount(topic) === undefined) {
        cancelled.throwIfAborted();
        await lookUp(client, topic, cancelled);
      }
    },
  };
}

/** Waits as long as it takes, like the Java worker (`max.block.ms`): nothing is committed meanwhile. */
async function lookUp(client: KafkaClient, topic: string, signal: AbortSignal): Promise<void> {
  try {
    const options = { allowAutoTopicCreation: true, timeoutMs: LOOK_UP_MS, signal };
    await client.metadata([topic], options);
  } catch (error) {
    if (!isRetriable(error)) throw error;
  }
  await sleep(LOOK_UP_PAUSE_MS, signal);
}
