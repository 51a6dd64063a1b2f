import { sleep } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError } from "./errors.ts";
import { Fetcher } from "./fetcher.ts";
import type { FetcherOptions } from "./fetcher-options.ts";
import { type Isolation, listOffsetsOnce } from "./list-offsets.ts";
import type { FetchedRecords } from "./record-batch/decode.ts";
import type { TopicPartition } from "./types.ts";

export interface TopicLogOptions extends Omit<FetcherOptions, "offsetReset"> {
  /** How long `start` waits for the topic to be there. Java: 30 000. */
  metadataTimeoutMs?: number;
  /** Lets the broker create the topic. Default false. */
  allowAutoTopicCreation?: boolean;
  /** Of one call of the reader. Default 1000. */
  maxRecords?: number;
}

/**
 * Takes records as they are read, each partition's in order; called with one chunk at a time, and
 * awaited. The chunk's buffer lives as long as anything taken from it: copy what is kept.
 */
export type LogReader = (records: FetchedRecords) => void | Promise<void>;

/** How long a tail waits at a time; requests to read to the end interrupt it. */
const TAIL_POLL_MS = 60_000;
/** Most transactions end within milliseconds. */
const OPEN_TRANSACTION_POLL_MS = 20;

interface ReadToEnd {
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface ReadPast extends ReadToEnd {
  partition: number;
  offset: number;
}

/**
 * Reads a topic that is a store, such as one with a compacted topic's latest values: all partitions
 * from the beginning, without a group, and then goes on with what comes (Java: KafkaBasedLog).
 */
export class TopicLog implements AsyncDisposable {
  readonly topic: string;
  readonly #client: KafkaClient;
  readonly #options: TopicLogOptions;
  readonly #reader: LogReader;
  readonly #fetcher: Fetcher;
  readonly #stop = new AbortController();
  #partitions: TopicPartition[] = [];
  #waiting: ReadToEnd[] = [];
  #passing: ReadPast[] = [];
  /** By partition: the offset behind what the reader has taken. */
  #taken: number[] = [];
  #running: Promise<void> | undefined;

  constructor(
    client: KafkaClient,
    topic: string,
    reader: LogReader,
    options: TopicLogOptions = {},
  ) {
    this.topic = topic;
    this.#client = client;
    this.#options = options;
    this.#reader = reader;
    this.#fetcher = new Fetcher(client, { ...options, offsetReset: "earliest" });
  }

  /** 0 before `start`. */
  get partitionCount(): number {
    return this.#partitions.length;
  }

  /**
   * Reads everything there is; resolves when the reader has taken it, and goes on in the background.
   *
   * @throws KafkaError if the topic does not appear in time, or cannot be read
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#running !== undefined)
      throw new KafkaError("ILLEGAL_STATE", `The log of ${this.topic} was started before`);
    const count = await this.#awaitPartitions(signal);
    this.#partitions = Array.from({ length: count }, (_, partition) => ({
      topic: this.topic,
      partition,
    }));
    this.#fetcher.assign(this.#partitions.map((tp) => ({ ...tp, offset: 0 })));
    this.#running = this.#run();
    await this.readToEnd(signal);
  }

  /**
   * Resolves when the reader has taken everything that is in the topic now (in read_committed mode:
   * that is committed now).
   *
   * @throws KafkaError what the topic cannot be read for, what the reader throws, or CLOSED
   */
  readToEnd(signal?: AbortSignal): Promise<void> {
    if (this.#running === undefined || this.#stop.signal.aborted)
      return Promise.reject(closed(this.topic));
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const request = abortableRequest({ resolve, reject }, signal, () => {
        this.#waiting = this.#waiting.filter((one) => one !== request);
      });
      this.#waiting.push(request);
      this.#fetcher.wakeup();
    });
  }

  /**
   * As {@link readToEnd}, and waits for transactions that are open now: what was committed behind the
   * first record of an open one can't be read before that has ended. An open one that its producer
   * has left behind is ended by the broker, after that producer's transaction.timeout.ms.
   *
   * @throws KafkaError as readToEnd; the signal's reason
   */
  async readToStableEnd(signal?: AbortSignal): Promise<void> {
    await this.readToEnd(signal);
    if ((this.#options.isolation ?? "read_uncommitted") === "read_uncommitted") return;
    const ends = await this.#endOffsets("read_uncommitted");
    const isBehind = () => ends.some((end, partition) => (this.#taken[partition] ?? 0) < end);
    while (isBehind()) {
      await sleep(OPEN_TRANSACTION_POLL_MS, signal);
      await this.readToEnd(signal);
    }
  }

  /**
   * Resolves when the reader has taken the record at the offset, and all before it in its partition:
   * what a writer waits for that knows where its record went. Asks the brokers nothing.
   *
   * @throws KafkaError CLOSED; the signal's reason
   */
  readPast(partition: number, offset: number, signal?: AbortSignal): Promise<void> {
    if (this.#running === undefined || this.#stop.signal.aborted)
      return Promise.reject(closed(this.topic));
    if ((this.#taken[partition] ?? 0) > offset) return Promise.resolve();
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const request: ReadPast = {
        partition,
        offset,
        ...abortableRequest({ resolve, reject }, signal, () => {
          this.#passing = this.#passing.filter((one) => one !== request);
        }),
      };
      this.#passing.push(request);
    });
  }

  async close(): Promise<void> {
    this.#stop.abort(closed(this.topic));
    await this.#running;
    await this.#fetcher.close();
    for (const { reject } of [...this.#waiting.splice(0), ...this.#passing.splice(0)])
      reject(closed(this.topic));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Those that ask while we read wait for the next round: their end may lie further.
      const asked = this.#waiting.splice(0);
      try {
        if (asked.length === 0) {
          await this.#poll();
          continue;
        }
        await this.#readTo(await this.#endOffsets());
        for (const { resolve } of asked) resolve();
      } catch (error) {
        for (const { reject } of asked) reject(error);
        if (signal.aborted) break;
        if (asked.length === 0) this.#warn(error);
        await sleep(this.#client.options.retryBackoffMaxMs, signal).catch(() => {}); // closing
      }
    }
  }

  async #readTo(ends: number[]): Promise<void> {
    const behind = (): boolean =>
      this.#partitions.some((tp, i) => (this.#fetcher.position(tp) ?? 0) < (ends[i] ?? 0));
    while (behind()) await this.#poll();
  }

  async #poll(): Promise<void> {
    const { maxRecords = 1000 } = this.#options;
    const chunks = await this.#fetcher.poll(maxRecords, TAIL_POLL_MS, this.#stop.signal);
    for (const [index, records] of chunks.entries()) {
      try {
        await this.#reader(records);
      } catch (error) {
        // I4: what the reader has not taken is handed to it again.
        for (const missed of chunks.slice(index).toReversed())
          this.#fetcher.seek(missed, missed.offsets[0] ?? 0);
        this.#noteTaken();
        throw error;
      }
    }
    this.#noteTaken();
  }

  #noteTaken(): void {
    this.#taken = this.#partitions.map((tp) => this.#fetcher.position(tp) ?? 0);
    if (this.#passing.length === 0) return;
    const isPast = ({ partition, offset }: ReadPast) => (this.#taken[partition] ?? 0) > offset;
    const passed = this.#passing.filter(isPast);
    this.#passing = this.#passing.filter((request) => !isPast(request));
    for (const { resolve } of passed) resolve();
  }

  async #endOffsets(
    isolation: Isolation = this.#options.isolation ?? "read_uncommitted",
  ): Promise<number[]> {
    const { retryBackoffMs, apiTimeoutMs } = this.#client.options;
    const { signal } = this.#stop;
    const queries = this.#partitions.map((tp) => ({ ...tp, spec: "latest" as const }));
    for (const deadline = Date.now() + apiTimeoutMs; ;) {
      const listed = await listOffsetsOnce(this.#client, queries, isolation, signal);
      const failed = [...listed.values()].find(isKafkaError);
      if (failed === undefined)
        return this.#partitions.map(({ topic, partition }) => {
          const end = listed.get(topic, partition);
          return end === undefined || isKafkaError(end) ? 0 : end.offset;
        });
      if (!failed.retriable || Date.now() >= deadline) throw failed;
      await sleep(retryBackoffMs, signal);
      await this.#client.refreshMetadata([this.topic]).catch(() => {}); // the next round tells
    }
  }

  async #awaitPartitions(signal: AbortSignal | undefined): Promise<number> {
    const { metadataTimeoutMs = 30_000, allowAutoTopicCreation = false } = this.#options;
    const { retryBackoffMaxMs } = this.#client.options;
    for (const deadline = Date.now() + metadataTimeoutMs; ;) {
      const timeoutMs = Math.max(0, deadline - Date.now());
      const request = { allowAutoTopicCreation, timeoutMs };
      const found = await this.#client.metadata(
        [this.topic],
        signal === undefined ? request : { ...request, signal },
      );
      const count = found.get(this.topic)?.partitions.length ?? 0;
      if (count > 0) return count;
      if (Date.now() >= deadline)
        throw new KafkaError(
          "UNKNOWN_TOPIC_OR_PARTITION",
          `Topic ${this.topic} did not appear within ${metadataTimeoutMs} ms; create it, or check that ` +
            "the brokers can be reached and that the principal may describe it",
          { topic: this.topic, retriable: false },
        );
      await sleep(Math.min(retryBackoffMaxMs, timeoutMs), signal);
    }
  }

  #warn(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#client.options.log("warn", `Could not read on in ${this.topic}: ${reason}`);
  }
}

function abortableRequest(
  { resolve, reject }: ReadToEnd,
  signal: AbortSignal | undefined,
  withdraw: () => void,
): ReadToEnd {
  const settled = (): void => signal?.removeEventListener("abort", giveUp);
  const giveUp = (): void => {
    withdraw();
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", giveUp, { once: true });
  return {
    resolve: () => {
      settled();
      resolve();
    },
    reject: (error) => {
      settled();
      reject(error);
    },
  };
}

function closed(topic: string): KafkaError {
  return new KafkaError("CLOSED", `The log of ${topic} is not open`);
}
