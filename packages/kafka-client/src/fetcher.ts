import { abortable, sleep } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError } from "./errors.ts";
import { resetSpec, resolveFetcherOptions } from "./fetcher-options.ts";
import type { FetcherOptions, ResolvedFetcherOptions } from "./fetcher-options.ts";
import { FetchPartition } from "./fetcher-partition.ts";
import { resetPositions } from "./fetcher-resets.ts";
import { FetchSender } from "./fetcher-sender.ts";
import { PartitionMap } from "./partition-map.ts";
import type { FetchedRecords } from "./record-batch/decode.ts";
import { formatTopicPartition } from "./types.ts";
import type { TopicPartition } from "./types.ts";

/** Where reading starts; without an offset the reset policy decides. */
export interface StartPosition extends TopicPartition {
  offset?: number | undefined;
  /** Of the record before the offset, as it was committed: lets the broker notice a cut log. */
  leaderEpoch?: number | undefined;
}

/** Where the next record would be read. */
export interface Position {
  offset: number;
  /** Of the record before, -1 unknown: to be committed along with the offset. */
  leaderEpoch: number;
}

/**
 * Reads assigned partitions, without a group. Between polls it fetches ahead, within
 * `maxBufferedBytes`; records are decoded where they arrived, as they are handed out.
 */
export class Fetcher implements AsyncDisposable {
  readonly #client: KafkaClient;
  readonly #options: ResolvedFetcherOptions;
  readonly #partitions = new PartitionMap<FetchPartition>();
  readonly #sender: FetchSender;
  /** Partitions in the order in which their data arrived, one entry for each buffered answer. */
  #ready: FetchPartition[] = [];
  #resetRound: Promise<void> | undefined;
  #polling = false;
  #wake: (() => void) | undefined;
  #woken = false;
  /** A position moved during this poll, if only past markers and aborted records. */
  #progressed = false;
  #closed = false;

  /** @throws KafkaError INVALID_CONFIG */
  constructor(client: KafkaClient, options: FetcherOptions = {}) {
    this.#client = client;
    this.#options = resolveFetcherOptions(options);
    this.#sender = new FetchSender(client, this.#options, {
      arrived: (state) => this.#ready.push(state),
      changed: () => {
        this.#advance();
        this.#wake?.();
      },
    });
  }

  /** Adds partitions. Those that are already assigned start anew at the given place. */
  assign(positions: Iterable<StartPosition>): void {
    for (const { topic, partition, offset, leaderEpoch } of positions) {
      let state = this.#partitions.get(topic, partition);
      if (state === undefined) {
        state = new FetchPartition(topic, partition);
        this.#partitions.set(topic, partition, state);
        this.#sender.add(state);
      }
      this.#sender.release(state);
      if (offset !== undefined) state.seek(offset, leaderEpoch);
      else this.#resetByPolicy(state, noOffset(state));
    }
    this.#advance();
  }

  /** Takes partitions away; their buffered records are dropped. */
  unassign(partitions: Iterable<TopicPartition>): void {
    for (const { topic, partition } of partitions) {
      const state = this.#partitions.get(topic, partition);
      if (state === undefined) continue;
      this.#sender.remove(state);
      this.#partitions.delete(topic, partition);
    }
    this.#ready = this.#ready.filter(({ topic, partition }) =>
      this.#partitions.has(topic, partition),
    );
    this.#advance();
  }

  assignment(): TopicPartition[] {
    return this.#partitions.keys();
  }

  /** The next poll goes on there. @throws KafkaError ILLEGAL_STATE if it is not assigned */
  seek(
    { topic, partition }: TopicPartition,
    to: number | "earliest" | "latest",
    leaderEpoch = -1,
  ): void {
    const state = this.#require(topic, partition);
    this.#sender.release(state);
    if (typeof to === "number") state.seek(to, leaderEpoch);
    else state.reset(to);
    this.#advance();
  }

  /** Offset of the next record; undefined while the reset policy is still looking for it. */
  position(tp: TopicPartition): number | undefined {
    return this.#partitions.get(tp.topic, tp.partition)?.position;
  }

  /**
   * As {@link position}, but waits until the reset policy has found one.
   *
   * @throws KafkaError what keeps it from finding one, or ILLEGAL_STATE if it is not assigned
   */
  async resolvePosition(
    { topic, partition }: TopicPartition,
    signal?: AbortSignal,
  ): Promise<number> {
    const { retryBackoffMs } = this.#client.options;
    for (;;) {
      const state = this.#require(topic, partition);
      if (state.position !== undefined) return state.position;
      if (this.#closed) throw new KafkaError("CLOSED", "The fetcher was closed");
      const error = this.#sender.takeError() ?? state.takeError();
      if (error !== undefined) throw error;
      await abortable(this.#resetRound ?? sleep(retryBackoffMs), signal);
      this.#sender.dirty = true;
      this.#advance();
    }
  }

  /** As {@link position}, with the leader epoch to commit. */
  committable(tp: TopicPartition): Position | undefined {
    const state = this.#partitions.get(tp.topic, tp.partition);
    if (state?.position === undefined) return undefined;
    return { offset: state.position, leaderEpoch: state.positionEpoch };
  }

  /** Polls return nothing of these, and buffered records are kept as long as others need no room. */
  pause(partitions: Iterable<TopicPartition>): void {
    for (const { topic, partition } of partitions) this.#require(topic, partition).paused = true;
  }

  resume(partitions: Iterable<TopicPartition>): void {
    for (const { topic, partition } of partitions) this.#require(topic, partition).paused = false;
    this.#sender.dirty = true;
    this.#advance();
  }

  paused(): TopicPartition[] {
    return [...this.#partitions.values()]
      .filter((state) => state.paused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /** As of the last answer; undefined before the first. */
  highWatermark(tp: TopicPartition): number | undefined {
    const offset = this.#partitions.get(tp.topic, tp.partition)?.highWatermark ?? -1;
    return offset < 0 ? undefined : offset;
  }

  /** Offset up to which records can be read in this isolation; as of the last answer. */
  endOffset(tp: TopicPartition): number | undefined {
    const state = this.#partitions.get(tp.topic, tp.partition);
    const committed = this.#options.isolation === "read_committed";
    const offset = (committed ? state?.lastStableOffset : state?.highWatermark) ?? -1;
    return offset < 0 ? undefined : offset;
  }

  /** Bytes that have arrived and were not handed out. */
  get bufferedBytes(): number {
    return this.#sender.bufferedBytes;
  }

  /**
   * At most `maxRecords` records, in order within each partition; [] when none came within
   * `timeoutMs`, after {@link wakeup}, and when a position moved past what is not handed out (as
   * Java's poll does: whoever reads up to an offset wants to know).
   *
   * @throws KafkaError what a partition can't be read for: OFFSET_OUT_OF_RANGE and
   *   NO_OFFSET_FOR_PARTITION without a reset policy, CORRUPT_MESSAGE, TOPIC_AUTHORIZATION_FAILED…
   *   Other partitions go on with the next poll. Also the signal's reason.
   */
  async poll(
    maxRecords: number,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<FetchedRecords[]> {
    if (this.#polling) throw new KafkaError("ILLEGAL_STATE", "A poll is already under way");
    this.#polling = true;
    try {
      const deadline = Date.now() + timeoutMs;
      this.#woken = this.#progressed = false;
      for (;;) {
        signal?.throwIfAborted();
        if (this.#closed) throw new KafkaError("CLOSED", "The fetcher was closed");
        this.#advance();
        const records = this.#drain(maxRecords);
        // What was freed is asked for before the caller works on what it got, or we wait for more.
        this.#advance();
        if (records.length > 0) return records;
        this.#throwErrors();
        const waitMs = deadline - Date.now();
        if (waitMs <= 0 || this.#woken || this.#progressed) return [];
        await this.#waitForData(waitMs, signal);
      }
    } finally {
      this.#polling = false;
    }
  }

  /** Lets a waiting poll return with nothing. */
  wakeup(): void {
    this.#woken = true;
    this.#wake?.();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#sender.close();
    this.#wake?.();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Starts whatever can be started now: resets, requests. */
  #advance(): void {
    if (this.#closed || !this.#sender.dirty) return;
    for (const state of this.#partitions.values()) {
      state.checkTopic(this.#client.cache.topic(state.topic)?.topicId ?? "");
      if (state.lost !== undefined && state.buffered.length === 0) this.#acceptLoss(state);
    }
    // One clock for both: what is not due for the one must be in the future for the other's timer.
    const now = Date.now();
    this.#startResets(now);
    this.#sender.pump(now);
  }

  #drain(maxRecords: number): FetchedRecords[] {
    const drained: FetchedRecords[] = [];
    const waiting: FetchPartition[] = [];
    const ready = this.#ready;
    let room = maxRecords;
    let next = 0;
    for (; next < ready.length && room > 0; next++) {
      const state = ready[next]!;
      if (state.paused) {
        waiting.push(state);
        continue;
      }
      const cursor = state.buffered[0];
      if (cursor === undefined) continue; // sought meanwhile
      let records: FetchedRecords | undefined;
      do {
        try {
          records = cursor.next(room);
        } catch (error) {
          // What the others gave is handed out first; the next poll meets the error again.
          if (drained.length === 0) throw error;
          this.#ready = [...waiting, ...ready.slice(next)];
          return drained;
        }
        this.#progressed ||= cursor.position !== state.position;
        state.position = cursor.position;
        if (records === undefined) break;
        state.positionEpoch = records.leaderEpoch;
        drained.push(records);
        room -= records.length;
      } while (room > 0);
      if (records === undefined) this.#sender.consumed(state);
      else waiting.push(state);
    }
    this.#ready = [...waiting, ...ready.slice(next)];
    return drained;
  }

  #throwErrors(): void {
    const error = this.#sender.takeError();
    if (error !== undefined) throw error;
    for (const state of this.#partitions.values()) {
      const failure = state.takeError();
      if (failure === undefined) continue;
      this.#sender.dirty = true;
      throw failure;
    }
  }

  /** The log ends before, starts behind, or differs at the position (Java: maybeResetOffset). */
  #acceptLoss(state: FetchPartition): void {
    const { lost } = state;
    if (lost === undefined) return;
    if (this.#options.offsetReset === "none") {
      state.fail(lost.error);
      return;
    }
    const log = this.#client.options.log;
    if (lost.divergesAt !== undefined) {
      log("warn", `${lost.error.message}; going on there`);
      state.seek(lost.divergesAt);
      return;
    }
    log("warn", `${lost.error.message}; going on by the reset policy`);
    this.#resetByPolicy(state, lost.error);
  }

  #resetByPolicy(state: FetchPartition, otherwise: KafkaError): void {
    const { offsetReset } = this.#options;
    if (offsetReset === "none") state.fail(otherwise);
    else state.reset(resetSpec(offsetReset, Date.now()));
  }

  #startResets(now: number): void {
    if (this.#resetRound !== undefined) return;
    const due = [...this.#partitions.values()].filter(
      (state) => state.resetTo !== undefined && state.error === undefined && state.notBefore <= now,
    );
    if (due.length === 0) return;
    this.#resetRound = this.#runResets(due);
  }

  async #runResets(due: FetchPartition[]): Promise<void> {
    try {
      if (await resetPositions(this.#client, due, this.#options.isolation))
        this.#sender.metadataIsStale();
    } catch (error) {
      this.#sender.error = isKafkaError(error)
        ? error
        : new KafkaError("UNKNOWN_SERVER_ERROR", "Could not look up start offsets", {
            cause: error,
          });
    } finally {
      this.#resetRound = undefined;
      this.#sender.dirty = true;
    }
    this.#advance();
    this.#wake?.();
  }

  #waitForData(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      signal?.addEventListener("abort", wake, { once: true });
      this.#wake = wake;
    });
  }

  #require(topic: string, partition: number): FetchPartition {
    const state = this.#partitions.get(topic, partition);
    if (state !== undefined) return state;
    throw new KafkaError(
      "ILLEGAL_STATE",
      `No current assignment for partition ${formatTopicPartition(topic, partition)}; assign it first`,
      { topic, partition },
    );
  }
}

function noOffset({ topic, partition }: TopicPartition): KafkaError {
  return new KafkaError(
    "NO_OFFSET_FOR_PARTITION",
    `Undefined offset with no reset policy for partition ${formatTopicPartition(topic, partition)}; ` +
      "commit an offset for it, or set auto.offset.reset to earliest or latest",
    { topic, partition, retriable: false },
  );
}
