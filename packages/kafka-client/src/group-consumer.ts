import { Backoff, abortable, sleep } from "./backoff.ts";
import { decodeAssignment } from "./assignor/consumer-protocol.ts";
import type { KafkaClient } from "./client.ts";
import { KafkaError, isKafkaError, isRetriable } from "./errors.ts";
import { Fetcher } from "./fetcher.ts";
import type { Position, StartPosition } from "./fetcher.ts";
import { resolveGroupOptions } from "./group-consumer-options.ts";
import type {
  GroupConsumerOptions,
  RebalanceListener,
  ResolvedGroupOptions,
} from "./group-consumer-options.ts";
import { ConsumerGroupProtocol } from "./group-consumer-protocol.ts";
import { GroupMember } from "./group-member.ts";
import type { JoinedGroup } from "./group-membership.ts";
import { commitOffsets, fetchOffsets } from "./group-offsets.ts";
import type { CommittedOffset } from "./group-offsets.ts";
import { GroupTopics } from "./group-topics.ts";
import { groupTransport } from "./group-transport.ts";
import { PartitionMap } from "./partition-map.ts";
import type { GroupMetadata, OffsetToCommit } from "./producer/transactions.ts";
import type { FetchedRecords } from "./record-batch/decode.ts";
import type { TopicPartition } from "./types.ts";

/**
 * Reads the partitions that a group gives it (Java: KafkaConsumer with subscribe). Rebalances are
 * driven, and the listener is called, inside `poll`; heartbeats go out in between by themselves.
 */
export class GroupConsumer implements AsyncDisposable {
  readonly #client: KafkaClient;
  readonly #options: ResolvedGroupOptions;
  readonly #listener: RebalanceListener;
  readonly #protocol: ConsumerGroupProtocol;
  readonly #topics: GroupTopics;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #lane: string;
  /** What the listener was told it has. */
  #owned: TopicPartition[] = [];
  #polling: Promise<unknown> | undefined;
  readonly #closing = new AbortController();

  /** @throws KafkaError INVALID_CONFIG */
  constructor(client: KafkaClient, options: GroupConsumerOptions, listener: RebalanceListener) {
    this.#client = client;
    this.#options = resolveGroupOptions(options);
    this.#listener = listener;
    // A poll that waits for records would not look at what was found before it has some.
    const onRefreshed = () => this.#fetcher.wakeup();
    this.#topics = new GroupTopics(client, this.#options.selection, onRefreshed);
    this.#protocol = new ConsumerGroupProtocol(this.#options, this.#topics, () => ({
      owned: this.#owned,
      generationId: this.#member.generation.generationId,
    }));
    this.#fetcher = new Fetcher(client, options);
    this.#lane = client.newLane("group");
    this.#member = this.#newMember();
  }

  /**
   * At most `maxRecords` records; [] when none came within `timeoutMs`. Joins and rebalances as
   * needed, which may take longer than that when the listener does.
   *
   * @throws KafkaError as {@link Fetcher.poll}; what forbids membership (FENCED_INSTANCE_ID,
   *   GROUP_AUTHORIZATION_FAILED…); what the listener throws; the signal's reason
   */
  async poll(
    maxRecords: number,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<FetchedRecords[]> {
    if (this.#polling !== undefined)
      throw new KafkaError("ILLEGAL_STATE", "A poll is already under way");
    const poll = this.#poll(maxRecords, performance.now() + timeoutMs, signal);
    this.#polling = poll.catch(() => {}); // for close to wait for; the caller gets the error
    try {
      return await poll;
    } finally {
      this.#polling = undefined;
    }
  }

  /**
   * Commits offsets of the next records to read, for partitions that are ours. I1: only what is
   * durable on the other side.
   *
   * @throws KafkaError UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION: the partitions may be another's by
   *   now. REBALANCE_IN_PROGRESS: poll first.
   */
  async commit(offsets: readonly OffsetToCommit[], signal?: AbortSignal): Promise<void> {
    if (offsets.length === 0) return;
    const group = this.groupMetadata();
    if (!this.#member.stable) throw notStable(group);
    try {
      await commitOffsets(this.#client, group, offsets, this.#request(signal));
    } catch (error) {
      const now = this.#member.generation;
      const current = now.generationId === group.generationId && now.memberId === group.memberId;
      if (isKafkaError(error) && current) this.#member.handleCommitError(error.code);
      throw error;
    }
  }

  /** What the group has committed; partitions without an offset are absent. @throws KafkaError */
  async committed(
    partitions: readonly TopicPartition[],
    signal?: AbortSignal,
  ): Promise<CommittedOffset[]> {
    const { groupId } = this.#options;
    const found = await fetchOffsets(this.#client, groupId, partitions, this.#request(signal));
    return [...found.values()];
  }

  /** What the last rebalance left us with. */
  assignment(): TopicPartition[] {
    return [...this.#owned];
  }

  /** The topics wanted now; with a pattern, those that match. */
  subscription(): readonly string[] {
    return this.#topics.subscribed;
  }

  pause(partitions: Iterable<TopicPartition>): void {
    this.#fetcher.pause(partitions);
  }

  resume(partitions: Iterable<TopicPartition>): void {
    this.#fetcher.resume(partitions);
  }

  paused(): TopicPartition[] {
    return this.#fetcher.paused();
  }

  /** @throws KafkaError ILLEGAL_STATE for a partition that is not ours */
  seek(tp: TopicPartition, to: number | "earliest" | "latest"): void {
    this.#fetcher.seek(tp, to);
  }

  /** Offset of the next record; undefined while the reset policy is still looking for it. */
  position(tp: TopicPartition): number | undefined {
    return this.#fetcher.position(tp);
  }

  /** As {@link position}, but waits for the reset policy. @throws KafkaError if it finds none */
  resolvePosition(tp: TopicPartition, signal?: AbortSignal): Promise<number> {
    return this.#fetcher.resolvePosition(tp, signal);
  }

  /** As {@link position}, with the leader epoch to commit. */
  committable(tp: TopicPartition): Position | undefined {
    return this.#fetcher.committable(tp);
  }

  highWatermark(tp: TopicPartition): number | undefined {
    return this.#fetcher.highWatermark(tp);
  }

  /** Records between the position and the end, as of the last answer. */
  lag(tp: TopicPartition): number | undefined {
    const end = this.#fetcher.endOffset(tp);
    const position = this.#fetcher.position(tp);
    return end === undefined || position === undefined ? undefined : Math.max(0, end - position);
  }

  /** For a transaction that commits our offsets. */
  groupMetadata(): GroupMetadata {
    const { groupId, groupInstanceId } = this.#options;
    return {
      groupId,
      groupInstanceId: groupInstanceId ?? null,
      ...this.#member.generation,
    };
  }

  /** The caller works on records and is alive: the poll interval starts anew. */
  keepAlive(): void {
    this.#member.keepAlive();
  }

  /** Lets a waiting poll return with nothing. */
  wakeup(): void {
    this.#fetcher.wakeup();
  }

  /** Calls `revoked`, then leaves the group (a static member only falls silent). */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closed(this.#options.groupId));
    await this.#polling;
    try {
      await this.#giveUp(this.#owned, this.#member.generation.generationId);
    } finally {
      await this.#member.close();
      await this.#fetcher.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #poll(
    maxRecords: number,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<FetchedRecords[]> {
    for (;;) {
      signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      this.#member.keepAlive();
      const waitMs = Math.max(0, deadline - performance.now());
      if (this.#isReady() || (await this.#join(waitMs, signal))) {
        const roundMs = Math.min(waitMs, this.#options.rebalanceTimeoutMs / 2);
        const untilDue = Math.max(1, this.#topics.dueInMs);
        const records = await this.#fetcher.poll(maxRecords, Math.min(roundMs, untilDue), signal);
        if (records.length > 0) return records;
      }
      if (performance.now() >= deadline) return [];
    }
  }

  /** Nothing stands between us and records. Most polls get by without a look at the group. */
  #isReady(): boolean {
    if (!this.#topics.loaded) return false;
    this.#topics.refreshIfDue();
    if (this.#member.stable && !this.#member.rejoinNeeded) {
      // Topics that appear or grow are a reason to join again.
      const reason = this.#protocol.outdated();
      if (reason !== undefined) this.#member.requestRejoin(reason);
    }
    return !this.#member.rejoinNeeded;
  }

  /** Loads topics and joins. @returns whether that was finished within `waitMs` */
  async #join(waitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const timeUp = new AbortController();
    const timer = setTimeout(() => timeUp.abort(timeUp), waitMs);
    const signals = [timeUp.signal, this.#closing.signal];
    const stop = AbortSignal.any(signal === undefined ? signals : [...signals, signal]);
    try {
      await this.#loadTopics(stop);
      const joined = await this.#member.ensureJoined((id) => this.#prepareJoin(id), stop);
      if (joined !== undefined) await this.#completeJoin(joined);
      return true;
    } catch (error) {
      if (error === timeUp) return false;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #loadTopics(stop: AbortSignal): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#client.options;
    for (const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs); ;) {
      try {
        await abortable(this.#topics.load(), stop);
        return;
      } catch (error) {
        if (!isRetriable(error)) throw error;
      }
      await sleep(backoff.nextMs(), stop);
    }
  }

  /** Before JoinGroup: what must not be held through the rebalance is given up. */
  async #prepareJoin(generationId: number): Promise<void> {
    const all = generationId < 0 || !this.#protocol.cooperative;
    const { subscribed } = this.#topics;
    const given = all
      ? this.#owned
      : this.#owned.filter(({ topic }) => !subscribed.includes(topic));
    await this.#giveUp(given, generationId);
  }

  /** After SyncGroup (Java: ConsumerCoordinator.onJoinComplete). */
  async #completeJoin(joined: JoinedGroup): Promise<void> {
    let added: TopicPartition[];
    try {
      added = await this.#takeAssignment(joined);
    } catch (error) {
      // Nobody may believe that we read what we have not taken.
      this.#member.requestRejoin("an assignment could not be taken");
      throw error;
    }
    await this.#listener.assigned(added);
  }

  /** @returns what is new, ready to be fetched */
  async #takeAssignment(joined: JoinedGroup): Promise<TopicPartition[]> {
    const { generationId, protocolName } = joined;
    const { partitions } = decodeAssignment(joined.assignment);
    const assigned = toMap(partitions);
    const owned = toMap(this.#owned);
    const taken = this.#owned.filter(({ topic, partition }) => !assigned.has(topic, partition));
    const added = partitions.filter(({ topic, partition }) => !owned.has(topic, partition));
    this.#protocol.assigned(protocolName, partitions, generationId);
    if (taken.length > 0) {
      // They go to others in the round that this starts.
      this.#member.requestRejoin("partitions were revoked that others wait for");
      await this.#giveUp(taken, generationId);
    }
    this.#fetcher.assign(await this.#startPositions(added));
    this.#owned = [...this.#owned, ...added];
    return added;
  }

  async #startPositions(partitions: readonly TopicPartition[]): Promise<StartPosition[]> {
    const { groupId } = this.#options;
    const request = this.#request(this.#closing.signal);
    const found = await fetchOffsets(this.#client, groupId, partitions, request);
    return partitions.map((tp) => ({ ...tp, ...found.get(tp.topic, tp.partition) }));
  }

  /** Tells the listener, while they are still assigned; then they are not. */
  async #giveUp(partitions: readonly TopicPartition[], generationId: number): Promise<void> {
    if (partitions.length === 0) return;
    const given = [...partitions];
    try {
      if (generationId < 0) await this.#listener.lost(given);
      else await this.#listener.revoked(given);
    } finally {
      const gone = toMap(given);
      this.#owned = this.#owned.filter(({ topic, partition }) => !gone.has(topic, partition));
      this.#fetcher.unassign(given);
    }
  }

  #newMember(): GroupMember {
    const { retryBackoffMs, retryBackoffMaxMs, log } = this.#client.options;
    const { groupInstanceId } = this.#options;
    const options = { ...this.#options, protocolType: "consumer" };
    const identity = { ...options, groupInstanceId: groupInstanceId ?? null };
    const transport = groupTransport(this.#client, identity, this.#lane);
    const events = { log, rejoinNeeded: () => this.#fetcher.wakeup() };
    const times = { ...options, retryBackoffMs, retryBackoffMaxMs };
    return new GroupMember(transport, times, this.#protocol, events);
  }

  #request(signal?: AbortSignal): { lane: string; signal?: AbortSignal } {
    return signal === undefined ? { lane: this.#lane } : { lane: this.#lane, signal };
  }
}

function closed(groupId: string): KafkaError {
  return new KafkaError("CLOSED", `The consumer of group ${groupId} was closed`);
}

function notStable({ groupId, generationId }: GroupMetadata): KafkaError {
  return generationId < 0
    ? new KafkaError(
        "UNKNOWN_MEMBER_ID",
        `Could not commit offsets of group ${groupId}: this consumer is no member of it any more, and its ` +
          "partitions may be another's by now; poll to join again",
        { retriable: false },
      )
    : new KafkaError(
        "REBALANCE_IN_PROGRESS",
        `Could not commit offsets of group ${groupId} while it rebalances; poll, then commit again`,
        { retriable: false },
      );
}

function toMap(partitions: readonly TopicPartition[]): PartitionMap<true> {
  const map = new PartitionMap<true>();
  for (const { topic, partition } of partitions) map.set(topic, partition, true);
  return map;
}
