import type { KafkaClient } from "../../src/client.ts";
import { KafkaError, type Answer } from "../../src/errors.ts";
import { MetadataCache } from "../../src/metadata.ts";
import type { ProduceRequest, ProduceResult } from "../../src/producer/produce-api.ts";
import { OpenBatch, RecordColumns } from "../../src/record-batch/decode.ts";

/** What happens to the next batch at the broker. */
export type Fate =
  | "written"
  /** NOT_LEADER_OR_FOLLOWER, not written. */
  | "refused"
  /** The connection breaks before it is written. */
  | "lost before"
  /** The connection breaks after it was written. */
  | "lost after";

interface ProducerState {
  epoch: number;
  lastSequence: number;
  /** The batches that a broker recognises when they come again: the last five. */
  recent: { sequence: number; count: number; offset: number }[];
}

/**
 * One partition of a broker, with the rules of Kafka's ProducerStateManager for sequence numbers,
 * that fails when it is told to. For failures no real broker can be made to show at a given moment.
 */
export class FakeBroker {
  readonly log: string[] = [];
  readonly #fate: () => Fate;
  readonly #maxRecords: number;
  readonly #producers = new Map<number, ProducerState>();
  #connection = this.#newConnection();
  #work: Promise<unknown> = Promise.resolve();

  /** @param maxRecords of a batch; larger ones get MESSAGE_TOO_LARGE */
  constructor(fate: () => Fate, maxRecords = Infinity) {
    this.#fate = fate;
    this.#maxRecords = maxRecords;
  }

  /** The part of a client that a producer uses, with topic "t" of one partition led by this broker. */
  client(): KafkaClient {
    const cache = new MetadataCache();
    cache.update({
      brokers: [{ nodeId: 1, host: "fake", port: 1 }],
      clusterId: "c",
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: "t",
          topicId: "",
          isInternal: false,
          partitions: [
            {
              errorCode: 0,
              partitionIndex: 0,
              leaderId: 1,
              leaderEpoch: 0,
              replicaNodes: [1],
              isrNodes: [1],
            },
          ],
        },
      ],
    });
    const options = { requestTimeoutMs: 1000, retryBackoffMs: 0, retryBackoffMaxMs: 0 };
    return {
      cache,
      options: { ...options, log: () => {} },
      newLane: () => "lane",
      closeLane: () => this.#break(),
      currentConnection: () => (this.#connection.open ? this.#connection : undefined),
      connection: async () => (this.#connection = this.#newConnection()),
      refreshMetadata: async () => new Map(),
      request: async () => ({ producerId: 7n, producerEpoch: 0 }),
    } as unknown as KafkaClient; // what a producer never calls is left out
  }

  #newConnection() {
    const connection = {
      open: true,
      negotiate: () => undefined,
      call: (_api: unknown, [request]: [ProduceRequest]) => {
        const answer = this.#work.then(() => this.#handle(request, connection));
        this.#work = answer.catch(() => {});
        return answer;
      },
    };
    return connection;
  }

  #break(): void {
    this.#connection.open = false;
  }

  async #handle(
    request: ProduceRequest,
    connection: { open: boolean },
  ): Promise<Answer<ProduceResult[]>> {
    await new Promise((resolve) => setImmediate(resolve));
    const [{ batch } = { batch: Buffer.alloc(0) }] = request.topics[0]?.partitions ?? [];
    const fate = this.#fate();
    // After a break, what was already under way may still be written, and no one is told.
    const result = fate === "lost before" ? undefined : this.#write(batch, fate);
    if (fate === "lost before" || fate === "lost after") connection.open = false;
    if (!connection.open || result === undefined)
      throw new KafkaError("DISCONNECTED", "The connection broke");
    return { answer: [result], error: undefined };
  }

  #write(batch: Buffer, fate: Fate): ProduceResult {
    const count = batch.readInt32BE(57);
    if (fate === "refused") return outcome(6);
    if (count > this.#maxRecords) return outcome(10);
    const producerId = Number(batch.readBigInt64BE(43));
    const epoch = batch.readInt16BE(51);
    const sequence = batch.readInt32BE(53);
    const state = this.#producers.get(producerId);
    if (state !== undefined) {
      if (epoch < state.epoch) return outcome(47);
      const seen = state.recent.find((one) => one.sequence === sequence && one.count === count);
      if (epoch === state.epoch && seen !== undefined) return outcome(0, seen.offset);
      const expected = epoch > state.epoch ? 0 : (state.lastSequence + 1) % 2 ** 31;
      if (sequence !== expected) return outcome(45);
    }
    const offset = this.log.length;
    this.#append(batch, count);
    const recent = state?.epoch === epoch ? state.recent : [];
    recent.push({ sequence, count, offset });
    this.#producers.set(producerId, {
      epoch,
      lastSequence: (sequence + count - 1) % 2 ** 31,
      recent: recent.slice(-5),
    });
    return outcome(0, offset);
  }

  #append(batch: Buffer, count: number): void {
    const open = new OpenBatch("t", 0, batch, 0, true);
    const columns = new RecordColumns("t", 0, open.buffer, open.timestampType, count);
    open.read(columns, 0, count);
    for (let i = 0; i < count; i++) this.log.push(columns.valueText(i) ?? "");
  }
}

function outcome(errorCode: number, baseOffset = -1): ProduceResult {
  return {
    topic: "t",
    partition: 0,
    errorCode,
    errorMessage: null,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    leaderId: -1,
    leaderEpoch: -1,
  };
}
