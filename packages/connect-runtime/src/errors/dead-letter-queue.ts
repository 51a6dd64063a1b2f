import { ConnectError } from "@millrace/connect-api";
import type { Delivery, Producer } from "@millrace/kafka-client";
import { until } from "../task/until.ts";
import { contextHeaders, type LetterWriter } from "./context-headers.ts";
import type { DeadLetterConfig } from "./dead-letter-config.ts";
import type { FailedRecord, Letter } from "./failed-record.ts";

/** Takes failed records in, for good. */
export interface DeadLetters {
  /**
   * Resolves when the record is durable in the dead-letter topic. Records are written in
   * the order in which they are given.
   * @throws {ConnectError} (rejects) when it never will be
   */
  write(failed: FailedRecord): Promise<void>;
  /** Back-pressure: resolves when there is room for more, or the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when everything written before is durable.
   * @throws {ConnectError} the first failure there ever was
   */
  settled(): Promise<void>;
}

/** A producer, as far as letters need it. */
export interface LetterProducer extends Pick<Producer, "group" | "partition" | "isFull" | "ready"> {
  /** Waits until the topic's partitions are known. */
  locate(topic: string): Promise<void>;
}

interface Sent {
  readonly delivery: Promise<Delivery>;
}

/** How many letters may be on their way beside the memory they take. */
const MAX_PENDING = 10_000;

/**
 * The dead-letter topic of a task (Java: `DeadLetterQueueReporter`). Unlike there, a record
 * that could not be written is never taken for done: no offset past it is committed (I1, I4).
 */
export class DeadLetterQueue implements DeadLetters {
  readonly #config: DeadLetterConfig;
  readonly #writer: LetterWriter;
  readonly #producer: LetterProducer;
  readonly #onFailure: (error: ConnectError) => void;
  /** The last letter is made: converters serve one record at a time. */
  #made: Promise<unknown> = Promise.resolve();
  /** Letters are appended one after the other, so that they stay in order. */
  #appended: Promise<unknown> = Promise.resolve();
  #settled: Promise<void> = Promise.resolve();
  #pending = 0;
  #waiting: (() => void)[] = [];

  /** @param onFailure told when a record could not be written */
  constructor(
    config: DeadLetterConfig,
    writer: LetterWriter,
    producer: LetterProducer,
    onFailure: (error: ConnectError) => void,
  ) {
    this.#config = config;
    this.#writer = writer;
    this.#producer = producer;
    this.#onFailure = onFailure;
  }

  write(failed: FailedRecord): Promise<void> {
    this.#pending++;
    const letter = this.#made.then(() => failed.origin.letter());
    this.#made = letter.catch(() => undefined);
    const sent = this.#appended.then(() => this.#send(failed, letter));
    this.#appended = sent.catch(() => undefined);
    const written = this.#acknowledged(failed, sent);
    const before = this.#settled;
    this.#settled = before.then(() => written);
    // Whoever does not wait for this record or for all of them is told by `onFailure`.
    this.#settled.catch(() => undefined);
    written.catch((error: ConnectError) => this.#onFailure(error));
    return written;
  }

  async ready(signal: AbortSignal): Promise<void> {
    await until(this.#made, signal);
    while (this.#pending >= MAX_PENDING && !signal.aborted) {
      await until(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal);
    }
    if (!this.#producer.isFull || signal.aborted) return;
    try {
      await this.#producer.ready(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  settled(): Promise<void> {
    return this.#settled;
  }

  /** The promise is wrapped: the next letter must not wait for this one's acknowledgement. */
  async #send(failed: FailedRecord, made: Promise<Letter>): Promise<Sent> {
    const { topic, contextHeaders: withContext } = this.#config;
    await this.#producer.locate(topic);
    const letter = await made;
    const headers = withContext
      ? [...letter.headers, ...contextHeaders(failed, letter, this.#writer)]
      : letter.headers;
    const group = this.#producer.group();
    const partition = this.#producer.partition(topic, letter.key);
    group.append(topic, partition, letter.timestampMs, letter.key, letter.value, headers);
    return { delivery: group.send() };
  }

  async #acknowledged(failed: FailedRecord, sent: Promise<Sent>): Promise<void> {
    try {
      const { delivery } = await sent;
      const { error } = await delivery;
      if (error !== undefined) throw error;
    } catch (error) {
      throw this.#failure(failed, error);
    } finally {
      this.#pending--;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  #failure(failed: FailedRecord, cause: unknown): ConnectError {
    const { topic, key } = this.#config;
    return new ConnectError(
      `Could not produce message to dead letter queue. topic=${topic} (${key}): the record ${failed.origin.where}, which had failed in stage ${failed.stage}, is in neither place, so its offset is not committed. See the cause, then restart the task`,
      { cause },
    );
  }
}
