import { Backoff } from "./backoff.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError, isRetriable, protocolError } from "./errors.ts";
import { acceptAnswer } from "./fetcher-answer.ts";
import type { Asked } from "./fetcher-answer.ts";
import type { ResolvedFetcherOptions } from "./fetcher-options.ts";
import type { FetchPartition } from "./fetcher-partition.ts";
import { FETCH_APIS } from "./fetcher-protocol.ts";
import type { FetchAnswer, FetchRequest, FetchRequestTopic } from "./fetcher-protocol.ts";
import { PartitionMap } from "./partition-map.ts";
import type { BatchCursor } from "./record-batch/batch-cursor.ts";

export interface FetchEvents {
  /** A partition got data: one more answer of it is buffered. */
  arrived(state: FetchPartition): void;
  /** Something happened that may let the fetcher go on: called after every answer. */
  changed(): void;
}

interface Node {
  inFlight: boolean;
  /** What the answer under way may bring. */
  reservedBytes: number;
  /** Epoch milliseconds before which it is left alone after a failure. */
  notBefore: number;
  readonly backoff: Backoff;
}

/** An answer is one buffer: all of it stays as long as one partition's part is not read. */
interface HeldAnswer {
  bytes: number;
  /** Partitions that have not been read to the end. */
  parts: number;
}

/** Smaller requests than this would be all overhead, however many brokers share the buffer. */
const MIN_REQUEST_BYTES = 64 * 1024;

/**
 * Keeps one fetch request under way to every broker that leads an assigned partition, as long as
 * there is room for the answer. The next one leaves when an answer has arrived, before it is
 * decoded: where it goes on stands in the batch headers.
 */
export class FetchSender {
  /** Something has changed since the last `pump`. Spares polls the look at every partition. */
  dirty = true;
  /** What no partition is to blame for, such as a failed login; for the next poll to throw. */
  error: KafkaError | undefined;
  readonly #client: KafkaClient;
  readonly #options: ResolvedFetcherOptions;
  readonly #events: FetchEvents;
  readonly #lane: string;
  readonly #nodes = new Map<number, Node>();
  /** In the order in which brokers fill answers: who got data goes to the end, so that all get some. */
  readonly #states = new Set<FetchPartition>();
  readonly #held = new Map<BatchCursor, HeldAnswer>();
  #bufferedBytes = 0;
  #reservedBytes = 0;
  /** A broker was left without a request for want of room. */
  #starved = false;
  #metadataStale = false;
  #refreshing = false;
  #metadataNotBefore = 0;
  readonly #metadataBackoff: Backoff;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(client: KafkaClient, options: ResolvedFetcherOptions, events: FetchEvents) {
    this.#client = client;
    this.#options = options;
    this.#events = events;
    this.#lane = client.newLane("fetch");
    this.#metadataBackoff = this.#newBackoff();
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Each error is thrown once. */
  takeError(): KafkaError | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  add(state: FetchPartition): void {
    this.dirty = true;
    this.#states.add(state);
  }

  remove(state: FetchPartition): void {
    this.release(state);
    state.epoch++;
    this.#states.delete(state);
  }

  /** Gives back the room of what a partition has buffered, which its caller is about to drop. */
  release(state: FetchPartition): void {
    this.dirty = true;
    for (const cursor of state.buffered.splice(0)) this.#drop(cursor);
  }

  /** The first of a partition's buffered answers was handed out. */
  consumed(state: FetchPartition): void {
    const cursor = state.buffered.shift();
    if (cursor !== undefined) this.#drop(cursor);
    if (this.#starved || state.lost !== undefined) this.dirty = true;
  }

  metadataIsStale(): void {
    this.dirty = true;
    this.#metadataStale = true;
  }

  /**
   * Sends what can be sent now, and sees to it that it is called again when more can.
   * @param now epoch milliseconds
   */
  pump(now: number): void {
    if (this.#closed) return;
    this.dirty = this.#starved = false;
    const idle = this.#idleNodes(now);
    if (idle.size > 0) {
      const share = this.#shareOf(this.#nodes.size);
      if (!this.#hasRoom(share)) this.#evictPaused();
      for (const [nodeId, states] of idle) {
        this.#starved = !this.#hasRoom(share);
        if (this.#starved) break;
        this.#fetch(nodeId, states, share);
      }
    }
    if (this.#metadataStale && !this.#refreshing && now >= this.#metadataNotBefore)
      void this.#refreshMetadata();
    this.#schedule(now);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client.closeLane(this.#lane);
  }

  /** Brokers without a request under way, with the partitions to ask them for. */
  #idleNodes(now: number): Map<number, FetchPartition[]> {
    const idle = new Map<number, FetchPartition[]>();
    for (const state of this.#states) {
      if (!isFetchable(state) || state.notBefore > now) continue;
      const nodeId = this.#sourceOf(state, now);
      if (nodeId < 0) {
        this.#metadataStale = true;
        continue;
      }
      const node = this.#node(nodeId);
      if (node.inFlight || node.notBefore > now) continue;
      const states = idle.get(nodeId);
      if (states === undefined) idle.set(nodeId, [state]);
      else states.push(state);
    }
    return idle;
  }

  #sourceOf(state: FetchPartition, now: number): number {
    if (state.replica >= 0 && now < state.replicaUntil) return state.replica;
    state.replica = -1;
    return this.#client.cache.partition(state.topic, state.partition)?.leader ?? -1;
  }

  /** Every broker may have a request under way, and as much room again is left for two that wait. */
  #shareOf(nodes: number): number {
    const { maxBytes, maxBufferedBytes } = this.#options;
    const share = Math.floor(maxBufferedBytes / (nodes + 2));
    return Math.min(maxBytes, Math.max(share, Math.min(MIN_REQUEST_BYTES, maxBufferedBytes)));
  }

  #hasRoom(bytes: number): boolean {
    const used = this.#bufferedBytes + this.#reservedBytes;
    return used === 0 || used + bytes <= this.#options.maxBufferedBytes;
  }

  /** What paused partitions hold must not starve the others: it is fetched again after a resume. */
  #evictPaused(): void {
    for (const state of this.#states) {
      if (!state.paused || state.buffered.length === 0 || state.position === undefined) continue;
      const { position, positionEpoch } = state;
      this.release(state);
      state.seek(position, positionEpoch);
    }
  }

  #fetch(nodeId: number, states: FetchPartition[], maxBytes: number): void {
    const { minBytes, maxWaitMs, isolation, rackId } = this.#options;
    const request: FetchRequest = {
      minBytes,
      maxWaitMs,
      maxBytes,
      readCommitted: isolation === "read_committed",
      rackId,
      topics: this.#requestTopics(states),
    };
    const asked = states.map((state) => ({ state, epoch: state.epoch, offset: state.fetchOffset }));
    const node = this.#node(nodeId);
    node.inFlight = true;
    node.reservedBytes = maxBytes;
    this.#reservedBytes += maxBytes;
    const sentMs = performance.now();
    this.#send(nodeId, request).then(
      (answer) => this.#onAnswer(node, asked, request, answer, sentMs),
      (error: unknown) => this.#onFailure(node, error),
    );
  }

  #requestTopics(states: readonly FetchPartition[]): FetchRequestTopic[] {
    const topics = new Map<string, FetchRequestTopic>();
    for (const { topic, partition, fetchOffset, fetchEpoch } of states) {
      const { topicId = "", partitions = [] } = this.#client.cache.topic(topic) ?? {};
      let entry = topics.get(topic);
      if (entry === undefined) topics.set(topic, (entry = { topic, topicId, partitions: [] }));
      entry.partitions.push({
        partition,
        leaderEpoch: partitions[partition]?.leaderEpoch ?? -1,
        offset: fetchOffset,
        lastEpoch: fetchEpoch,
        maxBytes: this.#options.maxPartitionBytes,
      });
    }
    return [...topics.values()];
  }

  /** Without a promise between us and the socket where the connection is open. */
  async #send(nodeId: number, request: FetchRequest): Promise<FetchAnswer> {
    const { requestTimeoutMs } = this.#client.options;
    const timeoutMs = requestTimeoutMs + this.#options.maxWaitMs;
    const connection = this.#client.currentConnection(nodeId, this.#lane);
    if (connection === undefined)
      return this.#client.send(nodeId, FETCH_APIS, [request], { lane: this.#lane, timeoutMs });
    const api = connection.negotiate(FETCH_APIS);
    return (await connection.call(api, [request], timeoutMs)).answer;
  }

  #onAnswer(
    node: Node,
    asked: Asked[],
    request: FetchRequest,
    answer: FetchAnswer,
    sentMs: number,
  ): void {
    this.#options.observer?.fetched(answer.buffer.length, performance.now() - sentMs);
    if (answer.errorCode !== 0) {
      this.#onFailure(node, protocolError(answer.errorCode, "fetch"));
      return;
    }
    this.#settle(node);
    node.backoff.reset();
    const { retryBackoffMs, metadataMaxAgeMs } = this.#client.options;
    const options = {
      checkCrcs: this.#options.checkCrcs,
      now: Date.now(),
      retryBackoffMs,
      replicaMaxAgeMs: metadataMaxAgeMs,
    };
    const byPartition = new PartitionMap<Asked>();
    for (const one of asked) byPartition.set(one.state.topic, one.state.partition, one);
    const names = new Map(request.topics.map(({ topic, topicId }) => [topicId, topic]));
    const held: HeldAnswer = { bytes: 0, parts: 0 };
    for (const part of answer.partitions) {
      const topic = part.topicId === "" ? part.topic : names.get(part.topicId);
      const one = topic === undefined ? undefined : byPartition.get(topic, part.partition);
      if (one === undefined) continue;
      const outcome = acceptAnswer(one, part, answer, options);
      if (outcome === "buffered") this.#buffer(one.state, held);
      if (outcome === "stale") this.#learnFrom(one.state, part.currentLeader);
    }
    this.#changed();
  }

  #buffer(state: FetchPartition, held: HeldAnswer): void {
    const cursor = state.buffered.at(-1)!;
    this.#bufferedBytes += cursor.byteLength;
    held.bytes += cursor.byteLength;
    held.parts++;
    this.#held.set(cursor, held);
    this.#states.delete(state);
    this.#states.add(state);
    this.#events.arrived(state);
  }

  #drop(cursor: BatchCursor): void {
    const held = this.#held.get(cursor);
    this.#held.delete(cursor);
    if (held !== undefined && --held.parts === 0) this.#bufferedBytes -= held.bytes;
  }

  /** An answer may name the new leader (KIP-951): then it is asked at once. */
  #learnFrom(
    state: FetchPartition,
    named: { leader: number; leaderEpoch: number } | undefined,
  ): void {
    const { topic, partition } = state;
    const before = this.#client.cache.partition(topic, partition)?.leaderEpoch ?? -1;
    if (named !== undefined && named.leader >= 0 && named.leaderEpoch > before) {
      this.#client.cache.learnLeader(topic, partition, named.leader, named.leaderEpoch);
      state.notBefore = 0;
      return;
    }
    this.#metadataStale = true;
  }

  #onFailure(node: Node, error: unknown): void {
    this.#settle(node);
    if (this.#closed) return;
    node.notBefore = Date.now() + node.backoff.nextMs();
    for (const state of this.#states) state.replica = -1;
    if (isRetriable(error)) this.#metadataStale = true;
    else this.error = asKafkaError(error, "Could not fetch");
    this.#changed();
  }

  #changed(): void {
    this.dirty = true;
    this.#events.changed();
  }

  #settle(node: Node): void {
    node.inFlight = false;
    this.#reservedBytes -= node.reservedBytes;
    node.reservedBytes = 0;
  }

  async #refreshMetadata(): Promise<void> {
    this.#refreshing = true;
    this.#metadataStale = false;
    try {
      await this.#client.refreshMetadata(new Set([...this.#states].map(({ topic }) => topic)));
      if (this.#isLedCompletely()) this.#metadataBackoff.reset();
    } catch (error) {
      this.#metadataStale = true;
      if (!isRetriable(error)) this.error = asKafkaError(error, "Could not load metadata");
    }
    this.#refreshing = false;
    this.#metadataNotBefore = Date.now() + this.#metadataBackoff.nextMs();
    if (!this.#closed) this.#changed();
  }

  #isLedCompletely(): boolean {
    const now = Date.now();
    return [...this.#states].every((state) => this.#sourceOf(state, now) >= 0);
  }

  /** Answers call us back; only what waits for a time needs a timer. */
  #schedule(now: number): void {
    let next = Infinity;
    for (const { notBefore } of this.#states) if (notBefore > now) next = Math.min(next, notBefore);
    for (const { notBefore } of this.#nodes.values())
      if (notBefore > now) next = Math.min(next, notBefore);
    if (this.#metadataStale && this.#metadataNotBefore > now)
      next = Math.min(next, this.#metadataNotBefore);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (next < Infinity) this.#timer = setTimeout(() => this.#changed(), next - now);
  }

  #node(nodeId: number): Node {
    let node = this.#nodes.get(nodeId);
    if (node === undefined) {
      const backoff = this.#newBackoff();
      node = { inFlight: false, reservedBytes: 0, notBefore: 0, backoff };
      this.#nodes.set(nodeId, node);
    }
    return node;
  }

  #newBackoff(): Backoff {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#client.options;
    return new Backoff(retryBackoffMs, retryBackoffMaxMs);
  }
}

function isFetchable(state: FetchPartition): boolean {
  return (
    state.position !== undefined &&
    !state.paused &&
    state.lost === undefined &&
    state.error === undefined
  );
}

function asKafkaError(error: unknown, attempted: string): KafkaError {
  if (isKafkaError(error)) return error;
  return new KafkaError("UNKNOWN_SERVER_ERROR", attempted, { cause: error, retriable: false });
}
