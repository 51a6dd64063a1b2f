import type { KafkaClient } from "../../src/client.ts";
import { KafkaError } from "../../src/errors.ts";
import type {
  FetchAnswer,
  FetchAnswerPartition,
  FetchRequest,
} from "../../src/fetcher-protocol.ts";
import { MetadataCache } from "../../src/metadata.ts";

/** What a fake broker says of a partition, t-0 if it names none. */
export type ScriptedFetch = Partial<FetchAnswerPartition> & { batches?: Buffer[] };

export interface FetchCall {
  nodeId: number;
  request: FetchRequest;
  answer(...parts: ScriptedFetch[]): Promise<void>;
  fail(error: KafkaError): Promise<void>;
}

/**
 * The part of a client that a fetcher uses, with topic "t" of two partitions led by broker 1. Each
 * fetch request waits until the test answers it. For what no real broker can be made to say at a
 * given moment.
 */
export class FakeFetchClient {
  readonly calls: FetchCall[] = [];
  readonly logged: string[] = [];
  refreshes = 0;
  /** What ListOffsets answers. */
  listed = { offset: 0, leaderEpoch: 0 };
  listedErrorCode = 0;
  readonly cache = new MetadataCache();

  constructor() {
    this.lead(1, 0);
  }

  lead(leaderId: number, leaderEpoch: number): void {
    const partition = { errorCode: 0, leaderId, leaderEpoch };
    const replicas = { replicaNodes: [1, 2], isrNodes: [1, 2] };
    this.cache.update({
      brokers: [1, 2].map((nodeId) => ({ nodeId, host: "fake", port: nodeId })),
      clusterId: "c",
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: "t",
          topicId: "",
          isInternal: false,
          partitions: [0, 1].map((partitionIndex) => ({
            ...partition,
            partitionIndex,
            ...replicas,
          })),
        },
      ],
    });
  }

  client(): KafkaClient {
    const client = {
      cache: this.cache,
      options: {
        requestTimeoutMs: 1000,
        retryBackoffMs: 1,
        retryBackoffMaxMs: 1,
        metadataMaxAgeMs: 60_000,
        log: (_level: string, message: string) => this.logged.push(message),
      },
      newLane: () => "lane",
      closeLane: () => {},
      currentConnection: (nodeId: number) => ({
        negotiate: () => undefined,
        call: (_api: unknown, [request]: [FetchRequest]) => this.#fetch(nodeId, request),
      }),
      refreshMetadata: () => Promise.resolve(void this.refreshes++),
      send: () => Promise.resolve(this.#listOffsets()),
    };
    return client as unknown as KafkaClient; // what a fetcher never calls is left out
  }

  /** The n-th request, once it was sent. */
  async call(index: number): Promise<FetchCall> {
    for (let i = 0; i < 200 && this.calls.length <= index; i++)
      await new Promise((resolve) => setTimeout(resolve, 1));
    const call = this.calls[index];
    if (call === undefined) throw new Error(`Only ${this.calls.length} requests were sent`);
    return call;
  }

  #fetch(nodeId: number, request: FetchRequest): Promise<{ answer: FetchAnswer }> {
    return new Promise((resolve, reject) => {
      // Lets what waits for the answer run.
      const settle = () => new Promise<void>((done) => setImmediate(done));
      this.calls.push({
        nodeId,
        request,
        answer: (...parts) => {
          resolve({ answer: toAnswer(parts) });
          return settle();
        },
        fail: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  }

  #listOffsets() {
    const { offset, leaderEpoch } = this.listed;
    const { listedErrorCode: errorCode } = this;
    const partition = { partitionIndex: 0, errorCode, timestamp: -1n, offset: BigInt(offset) };
    return { topics: [{ name: "t", partitions: [{ ...partition, leaderEpoch }] }] };
  }
}

/** All parts in one buffer, as they arrive. */
function toAnswer(scripted: readonly ScriptedFetch[]): FetchAnswer {
  const buffer = Buffer.concat(scripted.flatMap(({ batches = [] }) => batches));
  let end = 0;
  const partitions = scripted.map(({ batches = [], ...part }): FetchAnswerPartition => {
    const start = end;
    end += Buffer.concat(batches).length;
    return {
      topic: "t",
      topicId: "",
      partition: 0,
      errorCode: 0,
      highWatermark: 1000,
      lastStableOffset: 1000,
      logStartOffset: 0,
      aborted: null,
      preferredReplica: -1,
      diverging: undefined,
      currentLeader: undefined,
      start,
      end,
      ...part,
    };
  });
  return { errorCode: 0, buffer, partitions, brokers: [] };
}
