import { counter, gauge, type Group, javaGroup, text } from "./group.ts";
import type { PluginInfo } from "./measured-task.ts";

export interface ConnectorSubject {
  readonly name: string;
  readonly type: string;
  readonly plugin: PluginInfo;
  /** As REST shows it, in lower case. */
  readonly status: string;
}

/** Starts of connectors or of tasks since the worker's own. */
export interface Startups {
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
}

export interface WorkerSubject {
  readonly connectors: number;
  readonly tasks: number;
  readonly connectorStartups: Startups;
  readonly taskStartups: Startups;
}

/** Tasks of a connector that this worker has to run. */
export interface TaskCountSubject {
  readonly connector: string;
  /** Of each task, as REST shows them, in lower case. */
  readonly statuses: readonly string[];
}

/** Java: `WorkerConnector.ConnectorMetricsGroup`. */
export const CONNECTOR = javaGroup<ConnectorSubject>("connector-metrics", {
  doc: "A connector that this worker has to run.",
  labels: { connector: ({ name }) => name },
  texts: {
    status: text(
      "unassigned, running, paused, stopped, failed or restarting.",
      ({ status }) => status,
    ),
    "connector-type": text("source or sink.", ({ type }) => type),
    "connector-class": text("Class of the connector.", ({ plugin }) => plugin.class),
    "connector-version": text("Version of the connector.", ({ plugin }) => plugin.version),
  },
  attributes: {},
});

/** Java: `WorkerMetricsGroup`. */
export const WORKER = javaGroup<WorkerSubject>("connect-worker-metrics", {
  doc: "What this worker runs.",
  labels: {},
  attributes: {
    "connector-count": gauge("Connectors that this worker runs.", (w) => w.connectors),
    "task-count": gauge("Tasks that this worker runs.", (w) => w.tasks),
    ...startupsOf("connector", (w) => w.connectorStartups),
    ...startupsOf("task", (w) => w.taskStartups),
  },
});

/** Java: `ConnectorStatusMetricsGroup`. */
export const TASK_COUNTS = javaGroup<TaskCountSubject>("connect-worker-metrics", {
  doc: "Tasks of a connector that this worker runs.",
  labels: { connector: ({ connector }) => connector },
  attributes: {
    "connector-total-task-count": gauge(
      "Tasks of the connector on this worker.",
      ({ statuses }) => statuses.length,
    ),
    ...taskCountOf("running"),
    ...taskCountOf("paused"),
    ...taskCountOf("failed"),
    ...taskCountOf("unassigned"),
    ...taskCountOf("destroyed"),
    ...taskCountOf("restarting"),
  },
});

export interface InfoSubject {
  readonly clientId: string;
  readonly version: string;
  readonly commit: string;
  readonly startedMs: number;
}

/** Java: `AppInfoParser`. */
export const APP_INFO = javaGroup<InfoSubject>("app-info", {
  doc: "This worker.",
  labels: { client_id: ({ clientId }) => clientId },
  texts: {
    version: text("Release of Kafka Connect whose behaviour it has.", ({ version }) => version),
    "commit-id": text("Commit of that release.", ({ commit }) => commit),
  },
  attributes: {
    "start-time-ms": gauge(
      "When it was started, in milliseconds since 1970.",
      ({ startedMs }) => startedMs,
    ),
  },
});

export interface ThreadSubject {
  /** As operating systems show it. */
  readonly name: string;
  readonly purpose: string;
  /** Share of the last 10 seconds in which its event loop was busy, 0 to 1. */
  readonly load: number;
  readonly units: number;
  /** As of the last look, in bytes; undefined before the first. */
  readonly heapBytes: number | undefined;
  readonly externalBytes: number | undefined;
  /** For how long its event loop has not turned, in milliseconds. */
  readonly silentMs: number;
}

export const THREAD: Group<ThreadSubject> = {
  name: "millrace_thread",
  doc: "A thread that runs plugins.",
  labels: { thread: ({ name }) => name, purpose: ({ purpose }) => purpose },
  attributes: {
    load: gauge(
      "Share of the last 10 seconds in which the event loop was busy, 0 to 1.",
      ({ load }) => load,
    ),
    units: gauge("Connectors and tasks in it.", ({ units }) => units),
    heap_bytes: gauge("JavaScript objects that it holds.", ({ heapBytes }) => heapBytes),
    external_bytes: gauge("Buffers that it holds.", ({ externalBytes }) => externalBytes),
    silent_ms: gauge(
      "Milliseconds since the event loop turned last; it is ended when that reaches task.thread.stuck.ms.",
      ({ silentMs }) => silentMs,
    ),
  },
};

function startupsOf(
  what: "connector" | "task",
  of: (worker: WorkerSubject) => Startups,
): Group<WorkerSubject>["attributes"] {
  const share = (part: number, { successes, failures }: Startups) =>
    part === 0 ? 0 : part / (successes + failures);
  return {
    [`${what}-startup-attempts-total`]: counter(
      `Starts of a ${what} that were tried.`,
      (w) => of(w).attempts,
    ),
    [`${what}-startup-success-total`]: counter(
      `Starts of a ${what} that succeeded.`,
      (w) => of(w).successes,
    ),
    [`${what}-startup-success-percentage`]: gauge(
      `Share of starts of a ${what} that succeeded, 0 to 1 as in Java.`,
      (w) => share(of(w).successes, of(w)),
    ),
    [`${what}-startup-failure-total`]: counter(
      `Starts of a ${what} that failed.`,
      (w) => of(w).failures,
    ),
    [`${what}-startup-failure-percentage`]: gauge(
      `Share of starts of a ${what} that failed, 0 to 1 as in Java.`,
      (w) => share(of(w).failures, of(w)),
    ),
  };
}

function taskCountOf(status: string): Group<TaskCountSubject>["attributes"] {
  return {
    [`connector-${status}-task-count`]: gauge(
      `Tasks of the connector on this worker that are ${status}.`,
      ({ statuses }) => statuses.filter((other) => other === status).length,
    ),
  };
}
