import { Backoff } from "../backoff.ts";
import type { KafkaClient } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { KafkaError, isKafkaError, protocolError } from "../errors.ts";
import { protocolErrors } from "../protocol.ts";
import type { Accumulator } from "./accumulator.ts";
import type { ProduceBatch } from "./batch.ts";
import { Idempotence } from "./idempotence.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { Outcomes, type Sent, type TransactionGate } from "./outcome.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import { PRODUCE, type ProduceTopic } from "./produce-api.ts";

/** Java's linger.ms default, for a batch that nothing else of its partition is ahead of. */
const DEFAULT_LINGER_MS = 5;

/**
 * Moves batches to their leaders, up to maxInFlight requests per broker. One pass over the
 * partitions that hold anything (`#drain`) does all sending; answers, full batches, timers and
 * metadata only ask for the next pass.
 */
export class Sender {
  readonly #client: KafkaClient;
  readonly #options: ResolvedProducerOptions;
  readonly #accumulator: Accumulator;
  readonly #transaction: TransactionGate | undefined;
  readonly #lane: string;
  readonly idempotence: Idempotence | undefined;
  readonly #onProgress: () => void;
  readonly #outcomes: Outcomes;
  readonly #requests = new Map<number, number>();
  readonly #connections = new Map<number, Connection>();
  readonly #connecting = new Set<number>();
  readonly #stale = new Set<string>();
  /** Topics that the cluster did not know the last time. */
  readonly #missing = new Set<string>();
  readonly #metadataBackoff: Backoff;
  #metadataNotBefore = 0;
  #refreshing = false;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #turn = 0;
  #stopped: KafkaError | undefined;
  /** Epoch milliseconds, read once per turn of the event loop; 0 when it is to be read. */
  clock = 0;
  /** Batches do not linger while someone waits for all of them. */
  flushing = false;

  constructor(
    client: KafkaClient,
    options: ResolvedProducerOptions,
    accumulator: Accumulator,
    transaction: TransactionGate | undefined,
    events: { onProgress: () => void; onFatal: (error: KafkaError) => void },
  ) {
    this.#client = client;
    this.#options = options;
    this.#accumulator = accumulator;
    this.#transaction = transaction;
    this.#onProgress = events.onProgress;
    this.#lane = client.newLane("produce");
    this.#metadataBackoff = new Backoff(options.retryBackoffMs, options.retryBackoffMaxMs);
    this.idempotence = options.idempotent
      ? new Idempotence(client, () => this.wake(), events.onFatal)
      : undefined;
    this.#outcomes = new Outcomes(options, accumulator, this.idempotence, transaction, {
      onSuccess: () => this.#metadataBackoff.reset(),
      onStale: (topic) => void this.#stale.add(topic),
      onLeader: (...leader) => client.cache.learnLeader(...leader),
    });
  }

  /** Looks for something to send once the code that runs now has returned. */
  wake(): void {
    if (this.#scheduled || this.#stopped !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }

  /** Ends sending. Requests on their way are cut off, and their records fail with `reason`. */
  stop(reason: KafkaError): void {
    this.#stopped = this.#outcomes.stopped = reason;
    clearTimeout(this.#timer);
    this.#client.closeLane(this.#lane);
  }

  /** A batch that never got as far as being sent. */
  failBatch(queue: PartitionQueue, batch: ProduceBatch, error: KafkaError): void {
    const at = queue.waiting.indexOf(batch);
    if (at >= 0) queue.waiting.splice(at, 1);
    this.#outcomes.fail(queue, batch, error);
    this.#onProgress();
  }

  /** Fails everything that is not on its way. */
  failUnsent(error: KafkaError): void {
    this.#failWhere(() => true, error);
  }

  #failWhere(affected: (queue: PartitionQueue) => boolean, error: KafkaError): void {
    for (const queue of this.#accumulator.active)
      if (affected(queue)) this.#outcomes.failUnsent(queue, error);
    this.#onProgress();
  }

  #drain(): void {
    if (this.#stopped !== undefined) return;
    const now = Date.now();
    this.clock = 0;
    let wakeAt = Infinity;
    const ready = new Map<number, PartitionQueue[]>();
    for (const queue of this.#accumulator.active) {
      wakeAt = Math.min(wakeAt, this.#outcomes.expire(queue, now));
      const at = this.#readyAt(queue, now);
      if (at > now) {
        wakeAt = Math.min(wakeAt, at);
        continue;
      }
      const leader = this.#leaderOf(queue);
      if (leader === undefined) continue;
      const queues = ready.get(leader);
      if (queues === undefined) ready.set(leader, [queue]);
      else queues.push(queue);
    }
    this.#onProgress(); // of what has expired
    for (const [leader, queues] of ready) this.#sendTo(leader, queues, now);
    if (this.#stale.size > 0) wakeAt = Math.min(wakeAt, this.#refreshWhenDue(now));
    this.#wakeAt(wakeAt, now);
  }

  /** Epoch milliseconds from which the queue has something to send; Infinity: only after an event. */
  #readyAt(queue: PartitionQueue, now: number): number {
    const { waiting, inFlight, open } = queue;
    const limit =
      waiting[0] !== undefined && waiting[0].attempts > 0
        ? 1 // resends go alone, so that nothing overtakes them
        : this.idempotence !== undefined && queue.sequence?.confirmed !== true
          ? 1
          : this.#options.maxInFlight;
    if (inFlight.length >= limit) return Infinity;
    if (queue.notBefore > now) return queue.notBefore;
    if (this.#transaction?.admits(queue) === false) return Infinity;
    if (this.idempotence?.prepare(queue, this.#transaction !== undefined) === false)
      return Infinity;
    const head = waiting[0];
    if (head !== undefined) return head.sealed ? now : Infinity;
    if (open === undefined) return Infinity;
    const { lingerMs } = this.#options;
    if (this.flushing || this.#accumulator.isFull) return now;
    if (lingerMs === undefined && inFlight.length === 0) return now;
    return open.createdMs + (lingerMs ?? DEFAULT_LINGER_MS);
  }

  /** Undefined while the leader is unknown, or while another broker still has batches. */
  #leaderOf(queue: PartitionQueue): number | undefined {
    const leader = this.#client.cache.partition(queue.topic, queue.partition)?.leader ?? -1;
    if (leader < 0) {
      this.#stale.add(queue.topic);
      return undefined;
    }
    return queue.inFlight.length > 0 && queue.inFlightAt !== leader ? undefined : leader;
  }

  #sendTo(leader: number, queues: PartitionQueue[], now: number): void {
    if ((this.#requests.get(leader) ?? 0) >= this.#options.maxInFlight) return;
    const connection = this.#client.currentConnection(leader, this.#lane);
    if (connection === undefined) {
      void this.#connect(leader, queues);
      return;
    }
    // A new connection must not overtake what the one before still has on its way.
    if (connection !== this.#connections.get(leader) && this.#requests.get(leader)) return;
    this.#connections.set(leader, connection);
    while ((this.#requests.get(leader) ?? 0) < this.#options.maxInFlight) {
      const sent = this.#collect(queues, now);
      if (sent.length === 0) return;
      this.#dispatch(connection, leader, sent);
    }
  }

  /** At most one batch of each partition, together no larger than a request may be. */
  #collect(queues: PartitionQueue[], now: number): Sent[] {
    const sent: Sent[] = [];
    let size = 0;
    const start = this.#turn++;
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(start + i) % queues.length]!;
      if (this.#readyAt(queue, now) > now) continue;
      if (queue.waiting.length === 0) this.#accumulator.seal(queue);
      const batch = queue.waiting[0];
      if (batch === undefined || !batch.sealed) continue;
      if (size > 0 && size + batch.encoder.size > this.#options.maxRequestSize) continue;
      size += batch.encoder.size;
      queue.waiting.shift();
      sent.push({ queue, batch, bytes: this.#stamp(queue, batch) });
      queue.inFlight.push(batch);
    }
    return sent;
  }

  #stamp(queue: PartitionQueue, batch: ProduceBatch): Buffer {
    batch.attempts++;
    const identity = this.idempotence?.assign(queue, batch);
    return batch.encoder.stamp(this.#options.compression, {
      producerId: identity?.producerId ?? -1,
      epoch: identity?.epoch ?? -1,
      baseSequence: batch.baseSequence,
      transactional: this.#transaction !== undefined,
    });
  }

  #dispatch(connection: Connection, leader: number, sent: Sent[]): void {
    const { acks, requestTimeoutMs, transactionalId = null, observer } = this.#options;
    const topics = new Map<string, ProduceTopic>();
    for (const { queue, bytes } of sent) {
      queue.inFlightAt = leader;
      let topic = topics.get(queue.topic);
      if (topic === undefined)
        topics.set(queue.topic, (topic = { topic: queue.topic, partitions: [] }));
      topic.partitions.push({ partition: queue.partition, batch: bytes });
    }
    this.#requests.set(leader, (this.#requests.get(leader) ?? 0) + 1);
    const request = {
      transactionalId,
      acks,
      timeoutMs: requestTimeoutMs,
      topics: [...topics.values()],
    };
    const sentMs = performance.now();
    observer?.requestSent(
      sent.reduce((sum, { batch }) => sum + batch.count, 0),
      sent.map(({ bytes }) => bytes.length),
    );
    const answered = (handle: () => void) => {
      observer?.requestEnded(performance.now() - sentMs);
      this.#requests.set(leader, (this.#requests.get(leader) ?? 1) - 1);
      handle();
      this.#onProgress();
      this.wake();
    };
    const send = async () =>
      connection.call(connection.negotiate(PRODUCE), [request], requestTimeoutMs);
    send().then(
      ({ answer }) => answered(() => this.#outcomes.answered(sent, answer)),
      (error: unknown) => answered(() => this.#outcomes.lost(sent, asKafkaError(error))),
    );
  }

  /** Never rejects. */
  async #connect(leader: number, queues: PartitionQueue[]): Promise<void> {
    if (this.#connecting.has(leader)) return;
    this.#connecting.add(leader);
    try {
      await this.#client.connection(leader, this.#lane);
    } catch (thrown) {
      const error = asKafkaError(thrown);
      for (const { topic } of queues) this.#stale.add(topic);
      if (error.retriable) this.#noteUnreachable(queues, error);
      // The broker refuses us, and will again: wrong password, untrusted certificate…
      else this.#failWhere((queue) => this.#leaderOf(queue) === leader, error);
    } finally {
      this.#connecting.delete(leader);
      this.wake();
    }
  }

  #noteUnreachable(queues: PartitionQueue[], error: KafkaError): void {
    for (const { waiting, open } of queues) {
      const head = waiting[0] ?? open;
      if (head !== undefined) head.lastError = error;
    }
  }

  /** @returns when to try again */
  #refreshWhenDue(now: number): number {
    if (this.#refreshing) return Infinity;
    if (now < this.#metadataNotBefore) return this.#metadataNotBefore;
    void this.#refreshMetadata();
    return Infinity;
  }

  /** Never rejects. */
  async #refreshMetadata(): Promise<void> {
    const topics = [...this.#stale];
    this.#stale.clear();
    this.#refreshing = true;
    try {
      const failed = await this.#client.refreshMetadata(topics, true);
      for (const topic of topics) this.#noteTopic(topic, failed.get(topic));
    } catch (thrown) {
      const error = asKafkaError(thrown);
      const message = `Could not refresh metadata for writing: ${error.message}`;
      this.#client.options.log("warn", message);
      if (error.retriable) for (const topic of topics) this.#stale.add(topic);
      else this.#failWhere(({ topic }) => topics.includes(topic), error);
    } finally {
      this.#refreshing = false;
      this.#metadataNotBefore = Date.now() + this.#metadataBackoff.nextMs();
      this.wake();
    }
  }

  /** A topic that went away may come back: told once, since nothing else shows what we wait for. */
  #noteTopic(topic: string, code: string | undefined): void {
    if (code === undefined) {
      this.#missing.delete(topic);
      return;
    }
    const error = protocolError(protocolErrors[code]?.code ?? -1, "write to", { topic });
    if (!error.retriable) {
      this.#failWhere((queue) => queue.topic === topic, error);
    } else if (!this.#missing.has(topic)) {
      this.#missing.add(topic);
      const { deliveryTimeoutMs } = this.#options;
      const message = `${error.message}. Its records wait, at most for delivery.timeout.ms (${deliveryTimeoutMs})`;
      this.#client.options.log("warn", message);
    }
  }

  #wakeAt(at: number, now: number): void {
    if (at === Infinity || (this.#timerAt <= at && this.#timerAt > now)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#drain();
      },
      Math.min(Math.max(at - now, 1), 2 ** 30),
    );
  }
}

function asKafkaError(error: unknown): KafkaError {
  return isKafkaError(error)
    ? error
    : new KafkaError("UNKNOWN_SERVER_ERROR", String(error), { cause: error });
}
