import type { Logger } from "@millrace/connect-api";
import { Interrupted } from "../errors/interrupted.ts";
import { UntolerableError } from "../errors/untolerable.ts";
import type { KafkaClient } from "@millrace/kafka-client";
import { sleep } from "../task/sleep.ts";

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** Far longer than a broker takes to create a topic. */
const LOOK_UP_MS = 2_000;

export interface TopicsOptions {
  readonly client: KafkaClient;
  readonly logger: Logger;
  /** Ends the waiting for a topic that does not come. */
  readonly signal: AbortSignal;
  readonly onActive: (topic: string) => void;
  /** Creates a topic, where the connector wants it so; undefined: that is left to the broker. */
  readonly create: ((topic: string) => Promise<void>) | undefined;
  /** That of the task's own offsets, where both are in the same transactions: not for records. */
  readonly offsetsTopic?: string | undefined;
}

/** The topics a source task writes to: each is looked up once, before its first record. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #ready = new Set<string>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  isReady(topic: string): boolean {
    return this.#ready.has(topic) && this.#options.client.partitionCount(topic) !== undefined;
  }

  /**
   * Waits until the topic exists. Where the connector has keys `topic.creation.*` it is created;
   * otherwise asking for it lets the broker create it, where it may. Like the Java worker it waits
   * as long as it takes, and says why.
   * @throws {ConnectError} when it cannot be created, or may not be written to
   * @throws {Interrupted} when the task is stopped meanwhile
   */
  async ensure(topic: string): Promise<void> {
    const { client, logger, signal, onActive, create, offsetsTopic } = this.#options;
    if (topic === offsetsTopic) {
      throw new UntolerableError(
        `The connector writes records into ${topic}, which holds its own offsets: they would be taken for offsets. Give it another topic`,
      );
    }
    let created = false;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const found = await this.#lookUp(topic, attempt);
      if (found) {
        if (!this.#ready.has(topic)) onActive(topic);
        this.#ready.add(topic);
        if (client.partitionCount(topic) !== undefined) return;
      } else if (create !== undefined && !created && !signal.aborted) {
        await create(topic);
        created = true;
      } else if (attempt === 1 && !created && !signal.aborted) {
        logger.warn(
          `Topic ${topic} does not exist, and the broker has not created it: create it, or allow the broker to (auto.create.topics.enable). The task waits for it`,
        );
      }
      await sleep(Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_DELAY_MS), signal);
    }
    throw new Interrupted(`The task was stopped while it waited for topic ${topic}`);
  }

  async #lookUp(topic: string, attempt: number): Promise<boolean> {
    const { client, signal, create } = this.#options;
    const allowAutoTopicCreation = create === undefined;
    const options = { allowAutoTopicCreation, timeoutMs: LOOK_UP_MS, signal };
    try {
      const found = await client.metadata([topic], options);
      return (found.get(topic)?.partitions.length ?? 0) > 0;
    } catch (error) {
      if (signal.aborted) return false;
      const retriable = (error as { retriable?: unknown }).retriable === true;
      if (!retriable) throw error;
      if (attempt % 10 === 0) {
        this.#options.logger.warn(`Topic ${topic} cannot be looked up; trying again`, { error });
      }
      return false;
    }
  }
}
