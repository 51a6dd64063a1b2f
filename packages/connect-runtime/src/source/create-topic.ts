import type { Logger, Props } from "@millrace/connect-api";
import { isKafkaError } from "@millrace/kafka-client";
import { UntolerableError } from "../errors/untolerable.ts";
import { openAdmin } from "../kafka/open-clients.ts";
import type { TopicCreation } from "./topic-creation.ts";

/**
 * Creates a topic as the connector wants it. One that somebody else has created meanwhile is
 * taken as it is.
 * @param adminProps of the task's admin client
 * @throws {UntolerableError} naming the topic and what to do
 */
export async function createTopic(
  topic: string,
  creation: TopicCreation,
  adminProps: Props,
  logger: Logger,
): Promise<void> {
  const wanted = creation.newTopic(topic);
  const { partitions, replicationFactor, configs } = wanted;
  const what = `${topic} (partitions ${partitions}, replication factor ${replicationFactor}, ${JSON.stringify(configs)})`;
  await using kafka = openAdmin(adminProps, logger);
  const outcome = (await kafka.admin.createTopics([wanted])).get(topic);
  if (!isKafkaError(outcome)) logger.info(`Topic ${what} is created`);
  else if (outcome.code !== "TOPIC_ALREADY_EXISTS") {
    throw new UntolerableError(
      `Task failed to create new topic ${what}: ${outcome.message}. Ensure that the task is authorized to create topics, that the keys topic.creation.* suit the brokers, or that the topic exists, and restart the task`,
      { cause: outcome },
    );
  }
}
