import type { Props } from "@millrace/connect-api";
import type { TargetState } from "../threads/units.ts";
import type { SessionKey } from "./config-snapshot.ts";
import type { LogWrite } from "./compacted-log.ts";

/**
 * The records of the config topic as Java Connect writes them (Java: `KafkaConfigBackingStore`):
 * keys are UTF-8 text, values JSON. The outer objects have Java's key order, so all values but those
 * with `properties` are equal to Java's byte by byte; `properties` stand in the order in which they
 * were submitted, where Java has that of its HashMap: those are equal as JSON.
 */

/** In the order in which keys are tested. */
export const PREFIXES = {
  targetState: "target-state-",
  connector: "connector-",
  task: "task-",
  commit: "commit-",
  restart: "restart-connector-",
  taskCount: "tasks-fencing-",
  logger: "logger-cluster-",
} as const;
export const SESSION_KEY = "session-key";

export interface RestartRequest {
  readonly connector: string;
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

export function connectorRecord(connector: string, props: Props | null): LogWrite {
  return toRecord(PREFIXES.connector + connector, props && { properties: props });
}

/** Workers before `STOPPED` was known (KIP-875) read `state`, and take it for paused. */
export function targetStateRecord(connector: string, state: TargetState | null): LogWrite {
  return toRecord(
    PREFIXES.targetState + connector,
    state && { state: state === "STOPPED" ? "PAUSED" : state, "state.v2": state },
  );
}

export function taskRecord(connector: string, task: number, props: Props): LogWrite {
  return toRecord(`${PREFIXES.task}${connector}-${task}`, { properties: props });
}

export function commitRecord(connector: string, tasks: number): LogWrite {
  return toRecord(PREFIXES.commit + connector, { tasks });
}

export function taskCountRecord(connector: string, count: number): LogWrite {
  return toRecord(PREFIXES.taskCount + connector, { "task-count": count });
}

export function sessionKeyRecord({ key, algorithm, createdMs }: SessionKey): LogWrite {
  const value = { key: key.toString("base64"), algorithm, "creation-timestamp": createdMs };
  return toRecord(SESSION_KEY, value);
}

export function restartRecord({ connector, includeTasks, onlyFailed }: RestartRequest): LogWrite {
  const value = { "include-tasks": includeTasks, "only-failed": onlyFailed };
  return toRecord(PREFIXES.restart + connector, value);
}

export function loggerLevelRecord(namespace: string, level: string): LogWrite {
  return toRecord(PREFIXES.logger + namespace, { level });
}

function toRecord(key: string, value: object | null): LogWrite {
  return {
    key: Buffer.from(key),
    value: value && Buffer.from(JSON.stringify(value)),
  };
}
