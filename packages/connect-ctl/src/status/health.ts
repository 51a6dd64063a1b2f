import type { ConnectorHealth, ConnectorStatus, PartStatus, State } from "../client/answers.ts";

export type Health =
  | "healthy"
  | "degraded"
  | "failed"
  /** A state is of a worker that is gone: only Millrace's worker can tell. */
  | "stale"
  | "paused"
  | "stopped"
  | "unknown"
  | (string & {});

/** How a connector does as a whole, with what is to be seen of it. */
export interface ConnectorView {
  readonly name: string;
  readonly type: string;
  readonly health: Health;
  /** Why, for people, where the worker tells it. */
  readonly reason?: string;
  /** Since when, ISO 8601, where the worker tells it. */
  readonly since?: string;
  /** The state of the connector itself, which says nothing of its tasks. */
  readonly state: State;
  readonly worker: string;
  readonly tasks: readonly TaskView[];
  /** First line of what made the connector itself fail. */
  readonly error?: string;
}

export interface TaskView {
  readonly id: number;
  readonly state: State;
  readonly worker: string;
  /** First line of what made it fail. */
  readonly error?: string;
}

/** As Millrace's worker concludes it, from what any worker tells. */
export function healthOf({ connector, tasks }: ConnectorStatus): Health {
  const states = [connector.state, ...tasks.map(({ state }) => state)];
  const failed = tasks.filter(({ state }) => state === "FAILED").length;
  if (connector.state === "FAILED" || (failed > 0 && failed === tasks.length)) return "failed";
  if (failed > 0 || states.includes("UNASSIGNED") || states.includes("RESTARTING")) {
    return "degraded";
  }
  if (connector.state === "STOPPED") return "stopped";
  return states.includes("PAUSED") ? "paused" : "healthy";
}

/**
 * @param status undefined where the worker knows none yet, as of a new connector
 * @param told what the worker concludes, where it does
 */
export function viewOf(
  name: string,
  status: ConnectorStatus | undefined,
  told?: ConnectorHealth,
): ConnectorView {
  if (status === undefined) {
    return { name, type: "unknown", health: "unknown", state: "unknown", worker: "", tasks: [] };
  }
  const { connector } = status;
  return {
    name,
    type: status.type,
    health: told?.health ?? healthOf(status),
    ...(told?.reason && { reason: told.reason }),
    ...(told?.since && { since: told.since }),
    state: connector.state,
    worker: connector.worker_id,
    tasks: status.tasks.map((task) => ({
      id: task.id,
      state: task.state,
      worker: task.worker_id,
      ...errorOf(task),
    })),
    ...errorOf(connector),
  };
}

/** Whether something of it needs a person. */
export function needsHelp({ health }: ConnectorView): boolean {
  return !["healthy", "paused", "stopped"].includes(health);
}

function errorOf({ trace }: PartStatus): { readonly error?: string } {
  const line = trace?.split("\n", 1)[0]?.trim();
  return line ? { error: line } : {};
}

/** `2 RUNNING, 1 FAILED`. */
export function countStates(tasks: readonly { readonly state: State }[]): string {
  const counts = new Map<State, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ") || "none";
}
