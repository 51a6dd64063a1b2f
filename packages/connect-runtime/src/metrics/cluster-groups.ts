import { counter, gauge, javaGroup, text } from "./group.ts";
import type { RebalanceMeasures } from "./rebalance-measures.ts";

/** This worker as a member of its cluster. */
export interface ClusterSubject {
  readonly clientId: string;
  /** `eager`, `compatible` or `sessioned`. */
  readonly protocol: string;
  /** Member id; undefined while this worker is no member. */
  readonly leader: string | undefined;
  /** The group's generation that its work is of. */
  readonly epoch: number;
  readonly connectors: number;
  readonly tasks: number;
  readonly rebalances: RebalanceMeasures;
}

/** Java: `WorkerRebalanceMetrics` of `DistributedHerder`. */
export const REBALANCE = javaGroup<ClusterSubject>("connect-worker-rebalance-metrics", {
  doc: "This worker's place in its cluster.",
  labels: {},
  texts: {
    "connect-protocol": text("eager, compatible or sessioned.", ({ protocol }) => protocol),
    "leader-name": text("Member id of the leader.", ({ leader }) => leader),
  },
  attributes: {
    epoch: gauge("Generation of the group.", ({ epoch }) => epoch),
    "completed-rebalances-total": counter(
      "Rebalances that this worker has completed.",
      ({ rebalances }) => rebalances.completed,
    ),
    rebalancing: gauge("1 while this worker rebalances, else 0.", ({ rebalances }) =>
      rebalances.underWay ? 1 : 0,
    ),
    "rebalance-max-time-ms": gauge(
      "Longest time that a rebalance took, in milliseconds.",
      ({ rebalances }) => rebalances.durationsMs.max,
    ),
    "rebalance-avg-time-ms": gauge(
      "Average time that a rebalance took, in milliseconds.",
      ({ rebalances }) => rebalances.durationsMs.average,
    ),
    "time-since-last-rebalance-ms": gauge(
      "Milliseconds since the last rebalance was completed.",
      ({ rebalances }) => rebalances.sinceLastMs,
    ),
  },
});

/** Java: `WorkerCoordinatorMetrics`, and what `AbstractCoordinator` adds. */
export const COORDINATOR = javaGroup<ClusterSubject>("connect-coordinator-metrics", {
  doc: "What this worker was given by its group.",
  labels: { client_id: ({ clientId }) => clientId },
  attributes: {
    "assigned-connectors": gauge("Connectors that this worker was given.", (c) => c.connectors),
    "assigned-tasks": gauge("Tasks that this worker was given.", (c) => c.tasks),
    "rebalance-total": counter(
      "Rebalances that this worker has completed.",
      ({ rebalances }) => rebalances.completed,
    ),
    "failed-rebalance-total": counter(
      "Rebalances that failed and were begun anew.",
      ({ rebalances }) => rebalances.failed,
    ),
    "rebalance-latency-max": gauge(
      "Longest time that a rebalance took, in milliseconds.",
      ({ rebalances }) => rebalances.durationsMs.max,
    ),
    "rebalance-latency-avg": gauge(
      "Average time that a rebalance took, in milliseconds.",
      ({ rebalances }) => rebalances.durationsMs.average,
    ),
    "last-rebalance-seconds-ago": gauge(
      "Seconds since the last rebalance was completed.",
      ({ rebalances: { sinceLastMs } }) => sinceLastMs && sinceLastMs / 1000,
    ),
    "heartbeat-total": counter(
      "Heartbeats that the coordinator has answered.",
      ({ rebalances }) => rebalances.heartbeats,
    ),
    "heartbeat-rate": gauge(
      "Heartbeats per second that the coordinator has answered.",
      ({ rebalances }) => rebalances.heartbeatsMs.frequency,
    ),
    "heartbeat-response-time-max": gauge(
      "Longest time that the coordinator took to answer a heartbeat, in milliseconds.",
      ({ rebalances }) => rebalances.heartbeatsMs.max,
    ),
    "last-heartbeat-seconds-ago": gauge(
      "Seconds since the coordinator answered a heartbeat.",
      ({ rebalances: { sinceHeartbeatMs } }) => sinceHeartbeatMs && sinceHeartbeatMs / 1000,
    ),
  },
});

export const CLUSTER_GROUPS = [REBALANCE, COORDINATOR] as const;
