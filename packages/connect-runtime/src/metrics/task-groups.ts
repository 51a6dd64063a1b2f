import { counter, gauge, type Group, javaGroup, text } from "./group.ts";
import { average, LABELS, max, type Measured, rate, tally } from "./measured-task.ts";
import type { StepPlugin, TaskSubject } from "./measured-task.ts";

/** A transformation or predicate of a task. */
export interface StepSubject extends StepPlugin {
  readonly connector: string;
  readonly task: number;
}

/** Java: `WorkerTask.TaskMetricsGroup`. */
export const CONNECTOR_TASK = javaGroup<TaskSubject>("connector-task-metrics", {
  doc: "A task of a connector that this worker has to run, also one that has failed.",
  labels: LABELS,
  texts: {
    status: text("unassigned, running, paused, failed or restarting.", ({ status }) => status),
    "connector-class": text("Class of the connector.", ({ plugins }) => plugins.connector.class),
    "connector-type": text("source or sink.", ({ type }) => type),
    "connector-version": text(
      "Version of the connector.",
      ({ plugins }) => plugins.connector.version,
    ),
    "task-class": text("Class of the task.", ({ plugins }) => plugins.task.class),
    "task-version": text("Version of the task.", ({ plugins }) => plugins.task.version),
    "key-converter-class": text(
      "Class of the key converter.",
      (t) => t.plugins.keyConverter?.class,
    ),
    "key-converter-version": text(
      "Version of the key converter.",
      (t) => t.plugins.keyConverter?.version,
    ),
    "value-converter-class": text(
      "Class of the value converter.",
      (t) => t.plugins.valueConverter?.class,
    ),
    "value-converter-version": text(
      "Version of the value converter.",
      (t) => t.plugins.valueConverter?.version,
    ),
    "header-converter-class": text(
      "Class of the header converter.",
      (t) => t.plugins.headerConverter?.class,
    ),
    "header-converter-version": text(
      "Version of the header converter.",
      (t) => t.plugins.headerConverter?.version,
    ),
  },
  attributes: {
    "running-ratio": gauge(
      "Share of the time since its start in which the task was running, 0 to 1.",
      (t) => t.measured?.runningRatio,
    ),
    "pause-ratio": gauge(
      "Share of the time since its start in which the task was paused, 0 to 1.",
      (t) => t.measured?.pauseRatio,
    ),
    "offset-commit-max-time-ms": gauge(
      "Longest time that a commit of offsets took, in milliseconds.",
      (t) => t.measured?.readings.max("commitMs"),
    ),
    "offset-commit-avg-time-ms": gauge(
      "Average time that a commit of offsets took, in milliseconds.",
      (t) => t.measured?.readings.average("commitMs"),
    ),
    "offset-commit-failure-percentage": gauge(
      "Share of commits of offsets that failed, 0 to 1 as in Java.",
      (t) => t.measured && (t.measured.readings.average("commitFailure") ?? 0),
    ),
    "offset-commit-success-percentage": gauge(
      "Share of commits of offsets that succeeded, 0 to 1 as in Java; 0 when there were none.",
      (t) => t.measured && successShare(t.measured.readings.average("commitFailure")),
    ),
    "batch-size-max": gauge("Most records in one poll.", (t) =>
      t.measured?.readings.max("batchSize"),
    ),
    "batch-size-avg": gauge("Average number of records in a poll.", (t) =>
      t.measured?.readings.average("batchSize"),
    ),
  },
});

/** Java: `AbstractWorkerSourceTask.SourceTaskMetricsGroup`. */
export const SOURCE_TASK = javaGroup<Measured>("source-task-metrics", {
  doc: "What a source task does.",
  labels: LABELS,
  attributes: {
    "source-record-poll-rate": gauge("Records per second that the task polled.", rate("batchSize")),
    "source-record-poll-total": counter("Records that the task polled.", tally("read")),
    "source-record-write-rate": gauge(
      "Records per second that Kafka has acknowledged.",
      rate("written"),
    ),
    "source-record-write-total": counter(
      "Records that were transformed and that Kafka has acknowledged.",
      tally("written"),
    ),
    "poll-batch-max-time-ms": gauge(
      "Longest time that a poll which gave records took, in milliseconds.",
      max("pollMs"),
    ),
    "poll-batch-avg-time-ms": gauge(
      "Average time that a poll which gave records took, in milliseconds.",
      average("pollMs"),
    ),
    "source-record-active-count": gauge(
      "Records that were polled and whose fate is not known yet.",
      ({ measured }) => measured.readings.records.held,
    ),
    "source-record-active-count-max": gauge(
      "Most records that were polled and whose fate was not known yet.",
      max("held"),
    ),
    "source-record-active-count-avg": gauge(
      "Average number of records that were polled and whose fate was not known yet.",
      average("held"),
    ),
    "transaction-size-min": gauge("Fewest records in a transaction.", ({ measured }) =>
      measured.readings.min("transactionSize"),
    ),
    "transaction-size-max": gauge("Most records in a transaction.", max("transactionSize")),
    "transaction-size-avg": gauge(
      "Average number of records in a transaction.",
      average("transactionSize"),
    ),
  },
});

/** Java: `WorkerSinkTask.SinkTaskMetricsGroup`. */
export const SINK_TASK = javaGroup<Measured>("sink-task-metrics", {
  doc: "What a sink task does.",
  labels: LABELS,
  attributes: {
    "sink-record-read-rate": gauge(
      "Records per second that were read from Kafka.",
      rate("batchSize"),
    ),
    "sink-record-read-total": counter("Records that were read from Kafka.", tally("read")),
    "sink-record-send-rate": gauge("Records per second that the task has taken.", rate("sent")),
    "sink-record-send-total": counter(
      "Records that were transformed and that the task has taken, also those it reported afterwards.",
      tally("sent"),
    ),
    "sink-record-lag-max": gauge(
      "Records that were polled and whose offsets are not committed, of the partition with most of them.",
      tally("uncommitted"),
    ),
    "partition-count": gauge("Topic partitions that the task reads.", tally("partitions")),
    "offset-commit-seq-no": gauge("Commits of offsets that were begun.", tally("commitAttempts")),
    "offset-commit-completion-rate": gauge(
      "Commits of offsets per second that succeeded.",
      ({ measured }) => measured.readings.frequency("commitMs"),
    ),
    "offset-commit-completion-total": counter(
      "Commits of offsets that succeeded.",
      tally("commits"),
    ),
    "offset-commit-skip-rate": gauge(
      "Commits per second whose answer came too late. Always 0: this worker waits for answers.",
      () => 0,
    ),
    "offset-commit-skip-total": counter(
      "Commits whose answer came too late. Always 0: this worker waits for answers.",
      () => 0,
    ),
    "put-batch-max-time-ms": gauge(
      "Longest time that the task took for a batch, in milliseconds.",
      max("putMs"),
    ),
    "put-batch-avg-time-ms": gauge(
      "Average time that the task took for a batch, in milliseconds.",
      average("putMs"),
    ),
    "sink-record-active-count": gauge(
      "Records that were read and that the task has not taken yet.",
      ({ measured }) => measured.readings.records.held,
    ),
    "sink-record-active-count-max": gauge(
      "Most records that were read and that the task had not taken yet.",
      max("held"),
    ),
    "sink-record-active-count-avg": gauge(
      "Average number of records that were read and that the task had not taken yet.",
      average("held"),
    ),
  },
});

/** Java: `ErrorHandlingMetrics`. */
export const TASK_ERRORS = javaGroup<Measured>("task-error-metrics", {
  doc: "What happens to records of a task that fail.",
  labels: LABELS,
  attributes: {
    "total-record-failures": counter(
      "Times that an operation on a record failed, retries included.",
      tally("recordFailures"),
    ),
    "total-record-errors": counter("Records that failed for good.", tally("recordErrors")),
    "total-records-skipped": counter(
      "Records that failed for good and that the task went on without (errors.tolerance=all).",
      tally("recordsSkipped"),
    ),
    "total-retries": counter("Operations that were repeated.", tally("retries")),
    "total-errors-logged": counter(
      "Failed records that were logged (errors.log.enable).",
      tally("errorsLogged"),
    ),
    "deadletterqueue-produce-requests": counter(
      "Records that were given to the dead-letter topic.",
      tally("deadLetterRequests"),
    ),
    "deadletterqueue-produce-failures": counter(
      "Records that could not be written to the dead-letter topic.",
      tally("deadLetterFailures"),
    ),
    "last-error-timestamp": gauge(
      "When a record failed last, in milliseconds since 1970; 0: none did.",
      tally("lastErrorMs"),
    ),
  },
});

/** Java: `TransformationStage` and its metrics (KIP-1089). */
export const TRANSFORM = stepGroup("transform", "transformation");
export const PREDICATE = stepGroup("predicate", "predicate");

/** One fate that records of a task have met. */
export interface FateSubject {
  readonly connector: string;
  readonly task: number;
  readonly fate: string;
  readonly count: number;
}

/** How fates are called in labels. */
const FATES = {
  read: "read",
  written: "written",
  filtered: "filtered",
  skipped: "skipped",
  deadLettered: "dead_lettered",
  held: "held",
} as const;

/** What became of records: the sum that must come out (I4). */
export const TASK_RECORDS: Group<FateSubject> = {
  name: "millrace_task",
  doc: "The books of a task.",
  labels: { ...LABELS, fate: ({ fate }) => fate },
  attributes: {
    records: gauge(
      "Records of a task since its start, by fate: read is always the sum of written (acknowledged by the other side), filtered (dropped by a transformation), skipped (given up by errors.tolerance=all, kept nowhere), dead_lettered (durable in the dead-letter topic) and held (under way, or left to be read again). A gauge, since a sink may report a record that it had taken.",
      ({ count }) => count,
    ),
  },
};

export const TASK_LAG: Group<Measured> = {
  name: "millrace_sink_task",
  doc: "How far a sink task is behind.",
  labels: LABELS,
  attributes: {
    "records-lag-max": gauge(
      "Records in Kafka that were not polled yet, of the partition with most of them.",
      tally("lag"),
    ),
  },
};

export function isMeasured(task: TaskSubject): task is Measured {
  return task.measured !== undefined;
}

export function fatesOf({ connector, task, measured }: Measured): FateSubject[] {
  const { records } = measured.readings;
  return Object.entries(FATES).map(([key, fate]) => ({
    connector,
    task,
    fate,
    count: records[key as keyof typeof FATES],
  }));
}

function successShare(failures: number | undefined): number {
  return failures === undefined ? 0 : 1 - failures;
}

function stepGroup(kind: "transform" | "predicate", what: string): Group<StepSubject> {
  return javaGroup<StepSubject>(`connector-${kind}-metrics`, {
    doc: `A ${what} of a task.`,
    labels: { ...LABELS, [kind]: ({ alias }: StepSubject) => alias },
    texts: {
      [`${kind}-class`]: text(`Class of the ${what}.`, (step: StepSubject) => step.class),
      [`${kind}-version`]: text(`Version of the ${what}.`, ({ version }: StepSubject) => version),
    },
    attributes: {},
  });
}
