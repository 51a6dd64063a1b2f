import type { SinkTask } from "@millrace/connect-api";
import type { FetchedRecords, GroupConsumer } from "@millrace/kafka-client";
import { refuseDeadLetters, Tolerance } from "../errors/tolerance.ts";
import { sinkConsumerProps } from "../kafka/client-props.ts";
import { openConsumer } from "../kafka/open-clients.ts";
import { loadPlugin } from "../plugins/load.ts";
import { createConverters } from "../record/converters.ts";
import { createTransformChain } from "../record/transform-chain.ts";
import { describeCounters, newCounters } from "../task/counters.ts";
import { endTask } from "../task/end-task.ts";
import type { TaskEnvironment } from "../task/environment.ts";
import { isAbort } from "../task/is-abort.ts";
import type { TaskLife } from "../task/life.ts";
import { ProgressLog } from "../task/progress.ts";
import type { UnitState } from "../threads/units.ts";
import { CommitSchedule } from "./commit-schedule.ts";
import { Deliverer } from "./deliver.ts";
import { PauseState } from "./pause-state.ts";
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
  const { spec, life, workerProps, registry } = env;
  const logger = env.logger("WorkerSinkTask");
  const location = registry.find(
    "sink",
    spec.connectorProps["connector.class"] ?? "",
    spec.connectorProps["connector.plugin.version"],
  );
  const ConnectorClass = await loadPlugin(location);
  const TaskClass = new ConnectorClass().taskClass();

  refuseDeadLetters(spec.connectorProps);
  const converters = await createConverters(spec.connectorProps, workerProps, registry);
  const transforms = await createTransformChain(spec.connectorProps, registry);
  const tolerance = new Tolerance(spec.connectorProps, logger, life.stopping);
  const counters = newCounters();
  const context = new SinkContext(spec.taskProps, env.logger(location.class));
  const offsets = new SinkOffsets(logger);
  const task: SinkTask = new TaskClass();
  const deliverer = new Deliverer(task, life, offsets, counters, logger);
  const reader = new RecordReader(converters, transforms, tolerance);
  const pauses = new PauseState(life, context, deliverer, reportState);
  const intervalMs = Number(workerProps["offset.flush.interval.ms"] ?? 60_000);
  const commits = new CommitSchedule(intervalMs);
  const progress = new ProgressLog(counters, logger, intervalMs);

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
  );
  const { consumer } = kafka;
  // While a long put runs nobody polls: the group must hear that the task is alive.
  const keepAlive = setInterval(() => deliverer.putting && consumer.keepAlive(), KEEP_ALIVE_MS);
  try {
    task.initialize(context);
    await task.start(spec.taskProps);
    reportState("RUNNING");

    while (!life.stopping.aborted) {
      pauses.apply(consumer);
      if (commits.isDue() || context.takeCommitRequested()) {
        await commits.run(
          () => offsets.commit(task, consumer, consumer.assignment(), life.cancelled),
          logger,
        );
      }
      for (const [tp, offset] of context.takeRewinds()) offsets.rewind(consumer, tp, offset);

      const waitMs = Math.min(
        commits.dueInMs(),
        context.takeTimeoutMs() ?? (deliverer.held ? deliverer.retryDelayMs : Infinity),
      );
      const fetched = await poll(consumer, kafka.maxPollRecords, waitMs, life);
      life.throwIfFailed();
      progress.tellIfDue();
      if (fetched === undefined) continue;
      await deliverer.deliver(await readBatch(fetched, reader, counters));
    }
  } finally {
    clearInterval(keepAlive);
    try {
      // Leaves the group: what is done is committed on the way (revoked, above).
      await kafka[Symbol.asyncDispose]();
    } finally {
      await endTask(task, transforms, converters, logger);
      logger.info(`The task has ended: ${describeCounters(counters)}`);
    }
  }
}

/** The next records; undefined when the wait was interrupted from outside. */
async function poll(
  consumer: GroupConsumer,
  maxRecords: number,
  waitMs: number,
  life: TaskLife,
): Promise<FetchedRecords[] | undefined> {
  const signal = life.callSignal();
  try {
    return await consumer.poll(maxRecords, waitMs, signal);
  } catch (error) {
    if (signal.aborted && isAbort(error)) return undefined;
    throw error;
  }
}
