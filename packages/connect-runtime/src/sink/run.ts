import { setImmediate as nextTurn } from "node:timers/promises";
import type { Props, SinkTask } from "@millrace/connect-api";
import type { FetchedRecords, GroupConsumer } from "@millrace/kafka-client";
import { sinkDeadLetters } from "../errors/dead-letter-config.ts";
import { logsErrors } from "../errors/error-log.ts";
import type { Tolerance } from "../errors/tolerance.ts";
import { sinkConsumerProps } from "../kafka/client-props.ts";
import { openConsumer } from "../kafka/open-clients.ts";
import { loadPlugin } from "../plugins/load.ts";
import { describeCounters, heldOf } from "../task/counters.ts";
import { endTask } from "../task/end-task.ts";
import type { TaskEnvironment } from "../task/environment.ts";
import { isAbort } from "../task/is-abort.ts";
import type { TaskLife } from "../task/life.ts";
import { makeSteps } from "../task/make-steps.ts";
import { openTolerance } from "../task/open-tolerance.ts";
import { ProgressLog } from "../task/progress.ts";
import type { UnitState } from "../threads/units.ts";
import { CommitSchedule } from "./commit-schedule.ts";
import { Deliverer } from "./deliver.ts";
import { ErrantRecords } from "./errant-records.ts";
import { PauseState } from "./pause-state.ts";
import { measurePosition } from "./position.ts";
import { readBatch } from "./read-batch.ts";
import { rebalanceListener } from "./rebalance.ts";
import { RecordReader } from "./record-reader.ts";
import { SinkContext } from "./sink-context.ts";
import { SinkOffsets } from "./sink-offsets.ts";
import { subscriptionOf } from "./subscription.ts";

const KEEP_ALIVE_MS = 1_000;

/**
 * A sink task from start to end: consume, convert, transform, put, and commit what the
 * task declares durable. At least once: records are read again from the last committed
 * offsets after a crash or a rebalance (I2).
 */
export async function runSinkTask(
  env: TaskEnvironment,
  reportState: (state: UnitState) => void,
): Promise<void> {
  const { spec, life, workerProps, registry, measures } = env;
  const logger = env.logger("WorkerSinkTask");
  const location = registry.find(
    "sink",
    spec.connectorProps["connector.class"] ?? "",
    spec.connectorProps["connector.plugin.version"],
  );
  const ConnectorClass = await loadPlugin(location);
  const TaskClass = new ConnectorClass().taskClass();

  const { converters, transforms } = await makeSteps(spec.connectorProps, env);
  const deadLetters = sinkDeadLetters(spec.connectorProps);
  await using failures = await openTolerance(env, deadLetters, logger);
  const { tolerance, hasDeadLetters } = failures;
  const commitTimeoutMs = Number(workerProps["offset.flush.timeout.ms"] ?? 5_000);
  const errants = new ErrantRecords({
    tolerance,
    converters,
    counters: measures,
    hasDeadLetters,
    settleMs: commitTimeoutMs,
    onFailure: (error) => life.fail(error),
  });
  const reports = hasDeadLetters || logsErrors(spec.connectorProps);
  const context = new SinkContext(
    spec.taskProps,
    env.logger(location.class),
    reports ? errants : null,
    env.pluginMetrics(),
  );
  const offsets = new SinkOffsets(logger, (signal) => errants.settled(signal));
  const task: SinkTask = new TaskClass();
  const deliverer = new Deliverer({
    task,
    life,
    offsets,
    counters: measures,
    measures,
    logger,
    errants,
    giveUp: isolatesPut(spec.connectorProps, tolerance)
      ? (record, error) => tolerance.giveUp(errants.failed(record, error))
      : undefined,
  });
  const reader = new RecordReader(converters, transforms, tolerance, hasDeadLetters);
  const pauses = new PauseState(life, context, deliverer, reportState);
  const intervalMs = Number(workerProps["offset.flush.interval.ms"] ?? 60_000);
  const commits = new CommitSchedule(intervalMs, measures);
  const progress = new ProgressLog(measures, logger, intervalMs);

  const kafka = openConsumer(
    sinkConsumerProps(workerProps, spec),
    subscriptionOf(spec.taskProps),
    logger,
    rebalanceListener({
      task,
      life,
      context,
      offsets,
      deliverer,
      pauses,
      commits,
      consumer: () => kafka.consumer,
      onActiveTopic: env.onActiveTopic,
      logger,
    }),
    measures.consumer,
  );
  const { consumer } = kafka;
  // While a long put runs, or a failed record is tried again, nobody polls: the group must
  // hear that the task is alive.
  const keepAlive = setInterval(() => {
    consumer.keepAlive();
    measurePosition(consumer, offsets, measures);
  }, KEEP_ALIVE_MS);
  // A plugin that does not come back must not keep partitions: the group would wait for it.
  life.cancelled.addEventListener("abort", () => {
    clearInterval(keepAlive);
    void kafka.abandon();
  });
  const rewind = () => offsets.rewindAll(consumer, context.takeRewinds());
  const commit = () => {
    const all = consumer.assignment();
    return offsets.commit(task, consumer, all, life.cancelled, commitTimeoutMs);
  };
  try {
    task.initialize(context);
    await task.start(spec.taskProps);
    reportState("RUNNING");

    while (!life.stopping.aborted) {
      pauses.apply(consumer);
      // First, so that what is to be read again is not committed (Java commits it, and rewinds then).
      rewind();
      if (commits.isDue() || context.takeCommitRequested()) {
        await commits.run(commit, logger);
        rewind();
      }

      const waitMs = Math.min(
        commits.dueInMs(),
        context.takeTimeoutMs() ?? (deliverer.held ? deliverer.retryDelayMs : Infinity),
      );
      const fetched = await poll(consumer, kafka.maxPollRecords, waitMs, life);
      life.throwIfFailed();
      progress.tellIfDue();
      if (fetched === undefined) continue;
      const readBefore = measures.read;
      const batch = await readBatch(fetched, reader, measures);
      const count = measures.read - readBefore;
      if (count > 0) measures.polled(count);
      measures.holds(heldOf(measures));
      await deliverer.deliver(batch);
    }
  } finally {
    clearInterval(keepAlive);
    try {
      // Leaves the group: what is done is committed on the way (revoked, above).
      await kafka[Symbol.asyncDispose]();
    } finally {
      await endTask(task, transforms, converters, logger);
      logger.info(`The task has ended: ${describeCounters(measures)}`);
    }
  }
}

/** Only tolerated errors can be put down to single records. */
function isolatesPut(props: Props, tolerance: Tolerance): boolean {
  return tolerance.toleratesAll && props["errors.put.isolate"]?.trim().toLowerCase() === "true";
}

/**
 * The next records; undefined when the wait was interrupted from outside. Yields to the event loop
 * each time: while records are buffered and `put` waits for nothing, heartbeats and signals would
 * not get a turn.
 */
async function poll(
  consumer: GroupConsumer,
  maxRecords: number,
  waitMs: number,
  life: TaskLife,
): Promise<FetchedRecords[] | undefined> {
  await nextTurn();
  const signal = life.callSignal();
  try {
    return await consumer.poll(maxRecords, waitMs, signal);
  } catch (error) {
    if (signal.aborted && isAbort(error)) return undefined;
    throw error;
  }
}
