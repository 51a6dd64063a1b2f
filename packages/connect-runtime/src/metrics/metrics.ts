import { CLUSTER_GROUPS, type ClusterSubject } from "./cluster-groups.ts";
import { CONSUMER_COORDINATOR, CONSUMER_FETCHES, PRODUCER } from "./client-groups.ts";
import { familiesOf, type Family } from "./group.ts";
import type { StepPlugin, TaskSubject } from "./measured-task.ts";
import { NODE, PROCESS, type ProcessSubject } from "./process-group.ts";
import {
  CONNECTOR_TASK,
  fatesOf,
  isMeasured,
  PREDICATE,
  SINK_TASK,
  SOURCE_TASK,
  TASK_ERRORS,
  TASK_LAG,
  TASK_RECORDS,
  type StepSubject,
  TRANSFORM,
} from "./task-groups.ts";
import {
  APP_INFO,
  CONNECTOR,
  type ConnectorSubject,
  type InfoSubject,
  TASK_COUNTS,
  type TaskCountSubject,
  THREAD,
  type ThreadSubject,
  WORKER,
  type WorkerSubject,
} from "./worker-groups.ts";

/** All that is measured of a worker, as it is at one moment. */
export interface Snapshot {
  readonly info: InfoSubject;
  readonly worker: WorkerSubject;
  readonly connectors: readonly ConnectorSubject[];
  readonly tasks: readonly TaskSubject[];
  /** Undefined for a worker on its own. */
  readonly cluster: ClusterSubject | undefined;
  readonly threads: readonly ThreadSubject[];
  readonly process: ProcessSubject;
}

/** Every group there is, in the order in which they are told. */
export const GROUPS = [
  APP_INFO,
  WORKER,
  TASK_COUNTS,
  CONNECTOR,
  CONNECTOR_TASK,
  TRANSFORM,
  PREDICATE,
  SOURCE_TASK,
  SINK_TASK,
  TASK_ERRORS,
  TASK_RECORDS,
  TASK_LAG,
  PRODUCER,
  CONSUMER_FETCHES,
  CONSUMER_COORDINATOR,
  ...CLUSTER_GROUPS,
  THREAD,
  PROCESS,
  NODE,
] as const;

/** The values of all groups. */
export function familiesOfAll(now: Snapshot): Family[] {
  const measured = now.tasks.filter(isMeasured);
  const sources = measured.filter(({ type }) => type === "source");
  const sinks = measured.filter(({ type }) => type === "sink");
  const cluster = now.cluster === undefined ? [] : [now.cluster];
  return [
    ...familiesOf(APP_INFO, [now.info]),
    ...familiesOf(WORKER, [now.worker]),
    ...familiesOf(TASK_COUNTS, taskCounts(now.tasks)),
    ...familiesOf(CONNECTOR, now.connectors),
    ...familiesOf(CONNECTOR_TASK, now.tasks),
    ...familiesOf(TRANSFORM, steps(now.tasks, "transforms")),
    ...familiesOf(PREDICATE, steps(now.tasks, "predicates")),
    ...familiesOf(SOURCE_TASK, sources),
    ...familiesOf(SINK_TASK, sinks),
    ...familiesOf(TASK_ERRORS, measured),
    ...familiesOf(TASK_RECORDS, measured.flatMap(fatesOf)),
    ...familiesOf(TASK_LAG, sinks),
    ...familiesOf(PRODUCER, sources),
    ...familiesOf(CONSUMER_FETCHES, sinks),
    ...familiesOf(CONSUMER_COORDINATOR, sinks),
    ...CLUSTER_GROUPS.flatMap((group) => familiesOf(group, cluster)),
    ...familiesOf(THREAD, now.threads),
    ...familiesOf(PROCESS, [now.process]),
    ...familiesOf(NODE, [now.process]),
  ];
}

function taskCounts(tasks: readonly TaskSubject[]): TaskCountSubject[] {
  const statuses = new Map<string, string[]>();
  for (const { connector, status } of tasks) {
    const known = statuses.get(connector);
    if (known === undefined) statuses.set(connector, [status]);
    else known.push(status);
  }
  return Array.from(statuses, ([connector, its]) => ({ connector, statuses: its }));
}

function steps(tasks: readonly TaskSubject[], kind: "transforms" | "predicates"): StepSubject[] {
  return tasks.flatMap(({ connector, task, plugins }) =>
    plugins[kind].map((step: StepPlugin) => ({ ...step, connector, task })),
  );
}
