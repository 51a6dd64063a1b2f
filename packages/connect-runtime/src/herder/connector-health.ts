import type { LastError } from "../feed/events.ts";
import type { Status } from "../store/status-store.ts";
import type { ConnectorHealth, UnitHealth } from "./herder.ts";

type NumberedStatus = readonly [task: number, status: Status];

/** What is known besides the states. */
export interface HealthContext {
  /** How many tasks the connector has; undefined: as many as have a status. */
  readonly taskCount?: number;
  /** When a unit reached its state, in milliseconds since 1970; without a task the connector itself. */
  readonly since?: (task?: number) => number | undefined;
  /** Ids of the workers that are in the cluster; undefined: nobody knows, or there is only this one. */
  readonly workers?: ReadonlySet<string> | undefined;
  readonly lastError?: LastError | undefined;
}

/** What decides: the units, why, and since when. */
interface Conclusion {
  readonly health: ConnectorHealth["health"];
  readonly reason: string | null;
  readonly sinceMs: number | undefined;
}

interface Unit {
  /** For people, within a sentence. */
  readonly name: string;
  readonly status: Status;
  readonly sinceMs: number | undefined;
}

/** Draws the conclusion from the states of a connector and its tasks. */
export function connectorHealth(
  name: string,
  connector: Status,
  tasks: readonly NumberedStatus[],
  context: HealthContext = {},
): ConnectorHealth {
  const { since = () => undefined, lastError } = context;
  const { health, reason, sinceMs } = conclusion(
    { name: "the connector", status: connector, sinceMs: since() },
    tasks.map(([id, status]) => ({ name: `task ${id}`, status, sinceMs: since(id) })),
    context,
  );
  return {
    name,
    health,
    reason,
    since: timeOf(sinceMs) ?? null,
    last_error: lastError ?? null,
    connector: unitHealth(connector, since()),
    tasks: tasks.map(([id, status]) => ({ id, ...unitHealth(status, since(id)) })),
  };
}

/** The first that is true, the worst first. */
function conclusion(
  connector: Unit,
  tasks: readonly Unit[],
  { taskCount = tasks.length, workers }: HealthContext,
): Conclusion {
  const all = [connector, ...tasks];
  const failed = tasks.filter(({ status }) => status.state === "FAILED");
  if (connector.status.state === "FAILED") {
    return { health: "failed", reason: failure([connector]), sinceMs: connector.sinceMs };
  }
  if (failed.length > 0 && failed.length === tasks.length) {
    return { health: "failed", reason: failure(failed), sinceMs: latest(failed) };
  }
  const lost = all.filter(({ status }) => isLost(status, workers));
  if (lost.length > 0) return { health: "stale", reason: loss(lost), sinceMs: earliest(lost) };
  if (failed.length > 0) {
    return { health: "degraded", reason: failure(failed), sinceMs: earliest(failed) };
  }
  const waiting = all.filter(({ status: { state } }) =>
    ["UNASSIGNED", "RESTARTING"].includes(state),
  );
  if (waiting.length > 0) {
    const states = waiting.map((unit) => `${unit.name} is ${unit.status.state}`);
    return { health: "degraded", reason: sentence(states), sinceMs: earliest(waiting) };
  }
  if (connector.status.state === "STOPPED") {
    return { health: "stopped", reason: null, sinceMs: connector.sinceMs };
  }
  if (tasks.length < taskCount) {
    const missing = `${taskCount - tasks.length} of ${taskCount} tasks have not reported a state yet`;
    return { health: "degraded", reason: sentence([missing]), sinceMs: undefined };
  }
  if (all.some(({ status }) => status.state === "PAUSED")) {
    return { health: "paused", reason: null, sinceMs: latest(all) };
  }
  return { health: "healthy", reason: null, sinceMs: latest(all) };
}

/** What it says is no longer true: who said it has gone without a word. */
function isLost({ state, workerId }: Status, workers: ReadonlySet<string> | undefined): boolean {
  return workers?.has(workerId) === false && ["RUNNING", "PAUSED", "RESTARTING"].includes(state);
}

function failure(units: readonly Unit[]): string {
  return sentence(
    units.map(({ name, status }) => `${name} has failed: ${errorOf(status) ?? "no trace"}`),
  );
}

function loss(units: readonly Unit[]): string {
  return sentence(
    units.map(
      ({ name, status }) =>
        `${name} was ${status.state} on ${status.workerId}, which is not in the cluster`,
    ),
  );
}

function sentence(parts: readonly string[]): string {
  const text = parts.join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function earliest(units: readonly Unit[]): number | undefined {
  const times = timesOf(units);
  return times.length === 0 ? undefined : Math.min(...times);
}

function latest(units: readonly Unit[]): number | undefined {
  const times = timesOf(units);
  return times.length === 0 ? undefined : Math.max(...times);
}

function timesOf(units: readonly Unit[]): number[] {
  return units.flatMap(({ sinceMs }) => sinceMs ?? []);
}

function unitHealth(status: Status, sinceMs: number | undefined): UnitHealth {
  const { state, workerId, restarts } = status;
  const error = state === "FAILED" ? errorOf(status) : undefined;
  const since = timeOf(sinceMs);
  return {
    state,
    worker_id: workerId,
    ...(since !== undefined && { since }),
    ...(error !== undefined && { error }),
    ...(restarts && {
      restarts: { attempts: restarts.attempts, next: timeOf(restarts.nextMs) ?? null },
    }),
  };
}

/** The first line of the trace: class and message. */
function errorOf({ trace }: Status): string | undefined {
  return trace ? trace.split("\n", 1)[0] : undefined;
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
