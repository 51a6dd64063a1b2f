import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import type { KafkaClient, ProducerOptions } from "@millrace/kafka-client";
import type { TargetState } from "../threads/units.ts";
import { CompactedLog, type LogWrite } from "./compacted-log.ts";
import {
  type ConfigChange,
  connectorChange,
  connectorRemoval,
  connectorStop,
  targetStateChange,
  taskConfigsChange,
} from "./config-changes.ts";
import {
  loggerLevelRecord,
  restartRecord,
  type RestartRequest,
  sessionKeyRecord,
  taskCountRecord,
} from "./config-records.ts";
import type { ConfigSnapshot, SessionKey } from "./config-snapshot.ts";
import { type ConfigListener, ConfigState } from "./config-state.ts";
import { ConfigWriter } from "./config-writer.ts";
import { LeaderLog } from "./leader-log.ts";
import { type InternalTopic, named } from "./internal-topics.ts";
import type { MaterializedConfigs } from "./materialized-configs.ts";

/** Java: KafkaConfigBackingStore.READ_WRITE_TOTAL_TIMEOUT_MS */
const OPERATION_TIMEOUT_MS = 30_000;
/** How long closing waits for what is not acknowledged. */
const CLOSE_MS = 1_000;

/** What was to be written is about task configurations that are not the newest any more. */
export class StaleTaskConfigsError extends ConnectError {
  constructor(connector: string) {
    super(`Connector ${connector} has got new task configurations meanwhile`);
  }
}

export interface KafkaConfigStoreOptions {
  /** Shared with the rest of the worker; the store does not close it. */
  readonly client: KafkaClient;
  readonly topic: InternalTopic;
  readonly logger: Logger;
  readonly listener?: Partial<ConfigListener>;
  /** Of one operation as a whole. Default 30 000, as in Java. */
  readonly operationTimeoutMs?: number;
  readonly producer?: ProducerOptions;
  /**
   * Where it is given, all that only a leader may write is written in transactions of this id, and a
   * leader claims it ({@link KafkaConfigStore.lead}).
   */
  readonly transactionalId?: string | undefined;
}

/**
 * The configurations of a distributed worker, in the config topic, which all workers of the group
 * read (Java: `KafkaConfigBackingStore`).
 *
 * Every write resolves when it is acknowledged and this store has read it back, so that
 * {@link snapshot} shows it; writes follow one another. One that can't be confirmed in time fails
 * with a {@link ConnectError} that says what becomes of it.
 */
export class KafkaConfigStore {
  readonly #options: KafkaConfigStoreOptions;
  readonly #state: ConfigState;
  readonly #log: CompactedLog;
  readonly #leaderLog: LeaderLog | undefined;
  readonly #writer: ConfigWriter;
  /** Of what only a leader may write. */
  readonly #leaderWriter: ConfigWriter;

  constructor(options: KafkaConfigStoreOptions) {
    const { client, topic, logger, listener, producer, transactionalId } = options;
    const { operationTimeoutMs = OPERATION_TIMEOUT_MS } = options;
    this.#options = options;
    this.#state = new ConfigState(topic.name, logger, listener);
    this.#log = new CompactedLog({
      client,
      topic,
      logger,
      onRecord: (record) => this.#state.apply(record),
      // Also by a worker that writes no transactions itself: while a cluster is being changed over,
      // others do.
      isolation: "read_committed",
      producer,
    });
    this.#writer = new ConfigWriter(this.#log, operationTimeoutMs, logger);
    if (transactionalId === undefined) {
      this.#leaderWriter = this.#writer;
      return;
    }
    const log = this.#log;
    this.#leaderLog = new LeaderLog({ client, log, transactionalId, producer, logger });
    this.#leaderWriter = new ConfigWriter(this.#leaderLog, operationTimeoutMs, logger, {
      atomic: true,
    });
  }

  /**
   * Makes the topic where it is missing, checks it and reads it.
   * @throws {ConnectError} naming config.storage.topic and the remedy; the signal's reason
   */
  async start(signal?: AbortSignal): Promise<void> {
    await this.#log.start(signal);
    this.#state.goLive();
  }

  async close(): Promise<void> {
    await this.#leaderLog?.close(CLOSE_MS);
    await this.#log.close(CLOSE_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Told after each rebalance: where transactions are used, a leader is the only one that can write
   * what leaders write, from when it has claimed the right to.
   * @param leads whether this worker leads the cluster now; undefined: it does not
   */
  lead(leads: (() => boolean) | undefined): void {
    this.#leaderLog?.lead(leads);
  }

  snapshot(): ConfigSnapshot {
    return this.#state.snapshot();
  }

  /**
   * Resolves when the snapshot holds everything that is in the topic now.
   * @throws {ConnectError} when the brokers do not tell in time
   */
  async refresh(timeoutMs: number = OPERATION_TIMEOUT_MS): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      await this.#log.refresh(deadline);
    } catch (error) {
      if (error !== deadline.reason) throw error;
      throw new ConnectError(
        `${named(this.#options.topic)} could not be read to its end within ${timeoutMs} ms`,
        { cause: error },
      );
    }
  }

  /** @param initial the state a new connector begins in; nobody sees the connector without it */
  putConnector(connector: string, props: Props, initial?: TargetState): Promise<void> {
    return this.#lead("Error writing connector configuration to Kafka", (before) =>
      connectorChange(before, connector, props, initial),
    );
  }

  /** Task configurations and what zombies are fenced by stay in the topic, as Java leaves them. */
  removeConnector(connector: string): Promise<void> {
    return this.#lead("Error removing connector configuration from Kafka", (before) =>
      connectorRemoval(before, connector),
    );
  }

  /** All task configurations of a connector, in the order of their numbers. */
  putTaskConfigs(connector: string, configs: readonly Props[]): Promise<void> {
    return this.#lead(
      "Error writing root configuration to Kafka",
      (before) => taskConfigsChange(before, connector, configs),
      { readFirst: true },
    );
  }

  putTargetState(connector: string, state: TargetState): Promise<void> {
    return this.#write("Error writing target state to Kafka", (before) =>
      targetStateChange(before, connector, state),
    );
  }

  /** Forgets the connector's tasks, and has it STOPPED. */
  stopConnector(connector: string): Promise<void> {
    return this.#lead(
      "Error writing target state to Kafka",
      (before) => connectorStop(before, connector),
      { readFirst: true },
    );
  }

  /**
   * To be written when zombies were fenced: that stays true, so it is not taken back.
   * @param generation of the task configurations that it is true of
   * @throws {StaleTaskConfigsError} when there are others by now
   */
  putTaskCountRecord(connector: string, count: number, generation: number): Promise<void> {
    const failure = "Error writing task count record to Kafka";
    return this.#lead(failure, (before) => {
      if (before.taskConfigGeneration(connector) !== generation)
        throw new StaleTaskConfigsError(connector);
      return forGood(taskCountRecord(connector, count));
    });
  }

  putSessionKey(key: SessionKey): Promise<void> {
    return this.#lead("Error writing session key to Kafka", () => forGood(sessionKeyRecord(key)));
  }

  /** Every worker restarts what it runs of the connector as it reads the record. */
  putRestartRequest(request: RestartRequest): Promise<void> {
    return this.#lead("Error writing restart request to Kafka", () =>
      forGood(restartRecord(request)),
    );
  }

  putLoggerLevel(namespace: string, level: string): Promise<void> {
    return this.#write("Error writing logger level to Kafka", () =>
      forGood(loggerLevelRecord(namespace, level)),
    );
  }

  #lead(failure: string, plan: Plan, options?: { readFirst: boolean }): Promise<void> {
    return this.#leaderWriter.write(failure, () => plan(this.#state.snapshot()), options);
  }

  #write(failure: string, plan: Plan): Promise<void> {
    return this.#writer.write(failure, () => plan(this.#state.snapshot()));
  }
}

type Plan = (before: MaterializedConfigs) => ConfigChange;

/** A change that is not taken back. */
function forGood(record: LogWrite): ConfigChange {
  return { steps: [[record]], inverse: undefined };
}
