import type { Logger } from "@millrace/connect-api";
import type { Clock, KafkaClient } from "@millrace/kafka-client";
import type { ConnectProtocol } from "./protocol.ts";
import type { Work, WorkSnapshot } from "../store/work.ts";

export interface WorkerGroupOptions {
  /** Stays the caller's, who closes it after the group. */
  readonly client: KafkaClient;
  /** Java: group.id. */
  readonly groupId: string;
  /** Java: connect.protocol. */
  readonly protocol: ConnectProtocol;
  /** Where other workers reach our REST API, with a slash at the end. */
  readonly url: string;
  /** Java: session.timeout.ms. */
  readonly sessionTimeoutMs: number;
  /** Java: heartbeat.interval.ms. */
  readonly heartbeatIntervalMs: number;
  /** Java: rebalance.timeout.ms. How long a rebalance waits for a worker to stop what it has to. */
  readonly rebalanceTimeoutMs: number;
  /** Java: retry.backoff.ms. */
  readonly retryBackoffMs: number;
  /** Java: retry.backoff.max.ms. */
  readonly retryBackoffMaxMs: number;
  /** Java: scheduled.rebalance.max.delay.ms. */
  readonly maxDelayMs: number;
  /** The config topic. */
  readonly configs: {
    /** As far as it was read. */
    snapshot(): WorkSnapshot;
    /** Reads it to its end. */
    refresh(): Promise<void>;
  };
  /** What its last owner has stopped in good order, as the status topic says. */
  readonly released: {
    /** Reads the topic to its end. */
    refresh(): Promise<void>;
    isReleased(connector: string, task?: number): boolean;
  };
  readonly logger: Logger;
  readonly listener: WorkerGroupListener;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface WorkerGroupListener {
  /**
   * Stop this work, of which some may not have been started; resolve when none of it runs any more.
   * Called in `ensureJoined`, which waits, and at any moment when membership is lost.
   */
  revoked(work: Work): Promise<void>;
  /** `ensureJoined` has something to do. */
  rejoinNeeded(): void;
  /** The coordinator has answered a heartbeat. */
  heartbeat?(durationMs: number): void;
}
