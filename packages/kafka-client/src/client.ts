import { Backoff, abortable, sleep } from "./backoff.ts";
import { BrokerChoice } from "./broker-choice.ts";
import {
  resolveClientOptions,
  type ClientOptions,
  type ResolvedClientOptions,
} from "./client-options.ts";
import type { Connection, ProtocolApi } from "./connection/connection.ts";
import { ConnectionPool } from "./connection/pool.ts";
import { Coordinators, type CoordinatorKind } from "./coordinators.ts";
import { KafkaError, isKafkaError, isRetriable, protocolError, type Answer } from "./errors.ts";
import { MetadataCache, type MetadataAnswer } from "./metadata.ts";
import { MetadataLoader, type MetadataOptions } from "./metadata-loader.ts";
import {
  findCoordinatorV3,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
} from "./protocol.ts";
import type { BrokerAddress, TopicMetadata } from "./types.ts";

/** A node id, any broker, the controller, or whoever coordinates a group or transactional id. */
export type Target =
  | number
  | "any"
  | "controller"
  | { group: string }
  | { transactionalId: string };

export interface RequestOptions {
  /** For this request, instead of the client's requestTimeoutMs. */
  timeoutMs?: number;
  /**
   * Requests of one lane share a connection per broker, and a broker works on one request of a
   * connection at a time: what waits long at the broker needs a lane of its own.
   */
  lane?: string;
  signal?: AbortSignal;
}

const GENERAL_LANE = "general";

/** Connections, API versions, metadata and coordinators; shared by producers, fetchers and groups. */
export class KafkaClient implements AsyncDisposable {
  readonly options: ResolvedClientOptions;
  readonly cache = new MetadataCache();
  readonly #pool: ConnectionPool;
  readonly #brokers: BrokerChoice;
  readonly #loader: MetadataLoader;
  readonly #coordinators: Coordinators;
  readonly #refresher: NodeJS.Timeout;
  #lanes = 0;
  #closed = false;

  /** Connects on first use. @throws KafkaError INVALID_CONFIG for an address that is none */
  constructor(options: ClientOptions) {
    this.options = resolveClientOptions(options);
    const { clientId, connectTimeoutMs, requestTimeoutMs, tls, sasl, log } = this.options;
    this.#pool = new ConnectionPool({
      ...this.options,
      connection: { clientId, connectTimeoutMs, requestTimeoutMs, tls, sasl },
      onFailure: (error) => log("warn", error.message),
    });
    this.#brokers = new BrokerChoice(this.options.bootstrapServers, this.cache, this.#pool);
    const send = (topics: string[] | null, create: boolean) => this.#sendMetadata(topics, create);
    this.#loader = new MetadataLoader(this.cache, send, this.options);
    this.#coordinators = new Coordinators((kind, key) => this.#findCoordinator(kind, key));
    this.#refresher = setInterval(() => this.#refreshUsed(), this.options.metadataMaxAgeMs).unref();
  }

  /** @throws KafkaError when no broker answers within apiTimeoutMs */
  async clusterId(): Promise<string> {
    if (this.cache.cluster.clusterId === "")
      await this.metadata([], { timeoutMs: this.options.apiTimeoutMs });
    return this.cache.cluster.clusterId;
  }

  /** Cached partition count; undefined while the topic is unknown here. Asked per record. */
  partitionCount(topic: string): number | undefined {
    return this.cache.use(topic)?.partitions.length;
  }

  /**
   * Loads metadata from a broker and waits until every partition has a leader (at most timeoutMs).
   * Topics that do not exist are absent from the result.
   * @throws KafkaError when no broker answers in time, or for a topic that can't be looked at
   */
  metadata(topics: string[], options: MetadataOptions = {}): Promise<Map<string, TopicMetadata>> {
    return this.#loader.load(topics, options);
  }

  /** Metadata of every topic of the cluster. One attempt. */
  allTopics(): Promise<Map<string, TopicMetadata>> {
    return this.#loader.loadAll();
  }

  /**
   * One Metadata request, joined with others under way. Rejects with what went wrong.
   * @returns topics that the cluster could not tell about, with the error's name
   */
  refreshMetadata(
    topics: Iterable<string>,
    allowAutoTopicCreation = false,
  ): Promise<Map<string, string>> {
    return this.#loader.refresh(topics, allowAutoTopicCreation);
  }

  /** A name that no one else uses, for {@link RequestOptions.lane}. */
  newLane(purpose: string): string {
    return `${purpose}-${++this.#lanes}`;
  }

  /** Closes the lane's connections; what is in flight on them fails with DISCONNECTED. */
  closeLane(lane: string): void {
    this.#pool.closeLane(lane);
  }

  /**
   * One attempt. Error codes in the answer are data and stay there.
   * @param apis the same request in the versions we speak, newest first
   * @throws KafkaError when there is no answer: DISCONNECTED, REQUEST_TIMEOUT, UNSUPPORTED_VERSION,
   *   failed authentication…
   */
  async send<A extends unknown[], R>(
    target: Target,
    apis: readonly ProtocolApi<A, R>[],
    args: A,
    options: RequestOptions = {},
  ): Promise<R> {
    return (await this.#attempt(target, apis, args, options)).answer;
  }

  /**
   * Sends until there is an answer without an error for the whole of it; repeats retriable errors
   * with back-off for apiTimeoutMs. Errors of parts of an answer (one topic, one partition) are data.
   * @throws KafkaError the last one
   */
  async request<A extends unknown[], R>(
    target: Target,
    apis: readonly ProtocolApi<A, R>[],
    args: A,
    options: RequestOptions = {},
  ): Promise<R> {
    const { apiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = this.options;
    const deadline = Date.now() + apiTimeoutMs;
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs);
    for (;;) {
      try {
        const { answer, error } = await this.#attempt(target, apis, args, options);
        if (error === undefined) return answer;
        throw error;
      } catch (error) {
        if (!isRetriable(error) || Date.now() >= deadline) throw error;
      }
      await sleep(backoff.nextMs(), options.signal);
    }
  }

  /** The open connection to a broker on a lane, for the data path; undefined while there is none. */
  currentConnection(nodeId: number, lane: string): Connection | undefined {
    const broker = this.cache.brokers.get(nodeId);
    return broker && this.#pool.current(broker.host, broker.port, lane);
  }

  /** Opens a connection to a broker on a lane. One attempt, after its reconnect back-off. */
  async connection(target: Target, lane: string): Promise<Connection> {
    const { host, port } = await this.#resolve(target, lane);
    return this.#pool.get(host, port, lane);
  }

  /** To be called when an answer's part says that its sender is not the coordinator. */
  forgetCoordinator(target: { group: string } | { transactionalId: string }): void {
    const [kind, key] = coordinatorKey(target);
    this.#coordinators.forget(kind, key);
  }

  /** Closes every connection; what is in flight fails. */
  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#refresher);
    this.#pool.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #attempt<A extends unknown[], R>(
    target: Target,
    apis: readonly ProtocolApi<A, R>[],
    args: A,
    { timeoutMs, lane = GENERAL_LANE, signal }: RequestOptions,
  ): Promise<Answer<R>> {
    if (this.#closed) throw new KafkaError("CLOSED", "The client was closed");
    signal?.throwIfAborted();
    const sending = this.#sendTo(target, apis, args, lane, timeoutMs);
    if (typeof target !== "object") return abortable(sending, signal);
    // Java forgets the coordinator on the same occasions (ConsumerCoordinator, TransactionManager).
    try {
      const result = await abortable(sending, signal);
      if (result.error !== undefined && isCoordinatorLost(result.error))
        this.forgetCoordinator(target);
      return result;
    } catch (error) {
      if (isRetriable(error)) this.forgetCoordinator(target);
      throw error;
    }
  }

  async #sendTo<A extends unknown[], R>(
    target: Target,
    apis: readonly ProtocolApi<A, R>[],
    args: A,
    lane: string,
    timeoutMs: number | undefined,
  ): Promise<Answer<R>> {
    const connection = await this.connection(target, lane);
    return connection.call(connection.negotiate(apis), args, timeoutMs);
  }

  async #resolve(target: Target, lane: string): Promise<{ host: string; port: number }> {
    if (target === "any") return this.#brokers.next(lane);
    const nodeId =
      typeof target === "number"
        ? target
        : target === "controller"
          ? await this.#controllerId()
          : await this.#coordinators.get(...coordinatorKey(target));
    return this.cache.brokers.get(nodeId) ?? (await this.#unknownBroker(nodeId));
  }

  async #controllerId(): Promise<number> {
    if (this.cache.cluster.controllerId < 0) await this.#loader.refresh([]);
    return this.cache.cluster.controllerId;
  }

  async #unknownBroker(nodeId: number): Promise<BrokerAddress> {
    await this.#loader.refresh([]);
    const broker = this.cache.brokers.get(nodeId);
    if (broker !== undefined) return broker;
    throw new KafkaError("BROKER_NOT_AVAILABLE", `Broker ${nodeId} is not in the cluster now`, {
      retriable: true,
    });
  }

  #sendMetadata(topics: string[] | null, create: boolean): Promise<MetadataAnswer> {
    const apis: ProtocolApi<[string[] | null, boolean], MetadataAnswer>[] = [
      metadataV12.api,
      metadataV11.api,
      metadataV10.api,
      metadataV9.api,
    ];
    return this.send("any", apis, [topics, create]);
  }

  async #findCoordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const apis = [
      findCoordinatorV6.api,
      findCoordinatorV5.api,
      findCoordinatorV4.api,
      findCoordinatorV3.api,
    ];
    const { coordinators } = await this.send("any", apis, [kind === "group" ? 0 : 1, [key]]);
    const found = coordinators[0];
    if (found !== undefined && found.errorCode === 0) {
      // It may have joined after our last look at the cluster.
      if (!this.cache.brokers.has(found.nodeId)) await this.#loader.refresh([]);
      return found.nodeId;
    }
    const what = kind === "group" ? `group ${key}` : `transactional id ${key}`;
    throw protocolError(found?.errorCode ?? -1, `find the coordinator of ${what}`, {
      serverMessage: found?.errorMessage ?? null,
    });
  }

  #refreshUsed(): void {
    const used = this.cache.forgetUnused();
    if (used.length === 0) return;
    this.#loader.refresh(used).catch((error: unknown) => {
      const reason = isKafkaError(error) ? error.message : String(error);
      this.options.log("warn", `Could not refresh metadata: ${reason}`);
    });
  }
}

function coordinatorKey(
  target: { group: string } | { transactionalId: string },
): [CoordinatorKind, string] {
  return "group" in target ? ["group", target.group] : ["transaction", target.transactionalId];
}

/** The broker says that it is not, or not yet, the coordinator. */
export function isCoordinatorLost(error: KafkaError): boolean {
  return error.code === "NOT_COORDINATOR" || error.code === "COORDINATOR_NOT_AVAILABLE";
}
