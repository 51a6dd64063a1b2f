import type { LogWrite } from "./compacted-log.ts";
import type { ReportedState, RestartCount, Status } from "./status-store.ts";

/**
 * The records of the status topic as Java Connect writes them (Java: `KafkaStatusBackingStore`), byte
 * by byte: UTF-8 keys, JSON values with Java's order of keys, null for what is not there.
 */

export interface ActiveTopic {
  /** The task that used it first. */
  readonly task: number;
  /** When, in milliseconds since 1970. */
  readonly discoveredMs: number;
}

/** What a key of the status topic stands for. */
export type StatusKey =
  | { readonly kind: "connector"; readonly connector: string }
  | { readonly kind: "task"; readonly connector: string; readonly task: number }
  | { readonly kind: "topic"; readonly connector: string; readonly topic: string };

const STATES: readonly unknown[] = [
  "UNASSIGNED",
  "RUNNING",
  "PAUSED",
  "FAILED",
  "RESTARTING",
  "STOPPED",
] satisfies ReportedState[];

export function keyText(key: StatusKey): string {
  switch (key.kind) {
    case "connector":
      return `status-connector-${key.connector}`;
    case "task":
      return `status-task-${key.connector}-${key.task}`;
    case "topic":
      return `status-topic-${key.topic}:connector-${key.connector}`;
  }
}

/** Undefined for a key that is none of these. */
export function parseKey(text: string): StatusKey | undefined {
  const [, connector] = /^status-connector-(.*)$/s.exec(text) ?? [];
  if (connector !== undefined) return { kind: "connector", connector };
  const [, taskOf, task] = /^status-task-(.*)-(\d{1,9})$/s.exec(text) ?? [];
  if (taskOf !== undefined) return { kind: "task", connector: taskOf, task: Number(task) };
  // Names of topics have no colon, names of connectors may have some.
  const [, topic, topicOf] = /^status-topic-([^:]*):connector-(.*)$/s.exec(text) ?? [];
  if (topic !== undefined && topicOf !== undefined)
    return { kind: "topic", connector: topicOf, topic };
  return undefined;
}

export function statusRecord(key: StatusKey, status: Status | undefined): LogWrite {
  return toRecord(
    key,
    status && {
      state: status.state,
      trace: status.trace ?? null,
      worker_id: status.workerId,
      generation: status.generation,
      version: status.version ?? null,
      // Of our own; Java reads the fields it knows.
      ...(status.restarts && {
        restarts: { attempts: status.restarts.attempts, next: status.restarts.nextMs ?? null },
      }),
    },
  );
}

export function topicRecord(
  key: StatusKey & { kind: "topic" },
  active: ActiveTopic | undefined,
): LogWrite {
  const { topic: name, connector } = key;
  return toRecord(
    key,
    active && {
      topic: { name, connector, task: active.task, discoverTimestamp: active.discoveredMs },
    },
  );
}

/** Undefined for what is no status. */
export function parseStatus(value: Buffer): Status | undefined {
  const { state, trace, worker_id, generation, version, restarts } = fieldsOf(parse(value));
  if (!STATES.includes(state) || typeof worker_id !== "string") return undefined;
  if (typeof generation !== "number" || !isTextOrNone(trace) || !isTextOrNone(version))
    return undefined;
  return {
    state: state as ReportedState,
    workerId: worker_id,
    generation,
    trace: trace ?? undefined,
    version: version ?? undefined,
    restarts: restartsOf(restarts),
  };
}

function restartsOf(value: unknown): RestartCount | undefined {
  const { attempts, next } = fieldsOf(value);
  if (typeof attempts !== "number") return undefined;
  return { attempts, nextMs: typeof next === "number" ? next : undefined };
}

/** Undefined for what is none. */
export function parseActiveTopic(value: Buffer): ActiveTopic | undefined {
  const { task, discoverTimestamp } = fieldsOf(fieldsOf(parse(value))["topic"]);
  if (typeof task !== "number" || typeof discoverTimestamp !== "number") return undefined;
  return { task, discoveredMs: discoverTimestamp };
}

function toRecord(key: StatusKey, value: object | undefined): LogWrite {
  return {
    key: Buffer.from(keyText(key)),
    value: value === undefined ? null : Buffer.from(JSON.stringify(value)),
  };
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isTextOrNone(value: unknown): value is string | null | undefined {
  return value === null || value === undefined || typeof value === "string";
}
