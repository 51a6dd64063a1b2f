import type { SourceTask } from "@millrace/connect-api";
import { Tolerance } from "../errors/tolerance.ts";
import { openProducer } from "../kafka/open-clients.ts";
import { sourceProducerProps } from "../kafka/client-props.ts";
import { loadPlugin } from "../plugins/load.ts";
import { createConverters } from "../record/converters.ts";
import { createTransformChain } from "../record/transform-chain.ts";
import { describeCounters, newCounters } from "../task/counters.ts";
import { endTask } from "../task/end-task.ts";
import type { TaskEnvironment } from "../task/environment.ts";
import { pauseGate } from "../task/pause-gate.ts";
import { ProgressLog } from "../task/progress.ts";
import { until } from "../task/until.ts";
import type { UnitState } from "../threads/units.ts";
import { Delivery } from "./delivery.ts";
import { InFlight } from "./in-flight.ts";
import { OffsetCommitter } from "./offset-committer.ts";
import { OffsetReader } from "./offset-reader.ts";
import { poll } from "./poll.ts";
import { RecordAppender } from "./record-appender.ts";
import { Topics } from "./topics.ts";

/**
 * A source task from start to end: poll, transform, convert, send, and commit the offsets
 * of what Kafka has. At least once: an offset is committed only after every record before
 * it is acknowledged (I1), so a crash repeats records and loses none (I2).
 */
export async function runSourceTask(
  env: TaskEnvironment,
  reportState: (state: UnitState) => void,
): Promise<void> {
  const { spec, life, workerProps, registry } = env;
  const logger = env.logger("WorkerSourceTask");
  const location = registry.find(
    "source",
    spec.connectorProps["connector.class"] ?? "",
    spec.connectorProps["connector.plugin.version"],
  );
  const ConnectorClass = await loadPlugin(location);
  const TaskClass = new ConnectorClass().taskClass();

  const unused = Object.keys(spec.connectorProps).filter((key) =>
    key.startsWith("topic.creation."),
  );
  if (unused.length > 0) {
    logger.warn(
      `The worker does not create topics yet, the broker does: no effect of ${unused.join(", ")}`,
    );
  }
  const converters = await createConverters(spec.connectorProps, workerProps, registry);
  const transforms = await createTransformChain(spec.connectorProps, registry);
  const tolerance = new Tolerance(spec.connectorProps, logger, life.stopping);
  const counters = newCounters();
  await using kafka = openProducer(sourceProducerProps(workerProps, spec), logger);
  const topics = new Topics({
    client: kafka.client,
    logger,
    signal: life.stopping,
    onActive: env.onActiveTopic,
  });
  const appender = new RecordAppender({
    transforms,
    converters,
    topics,
    producer: kafka.producer,
    tolerance,
  });
  const inFlight = new InFlight(spec.connector);

  const task: SourceTask = new TaskClass();
  const intervalMs = Number(workerProps["offset.flush.interval.ms"] ?? 60_000);
  const progress = new ProgressLog(counters, logger, intervalMs);
  const committer = new OffsetCommitter({
    task,
    inFlight,
    main: env.offsets,
    intervalMs,
    timeoutMs: Number(workerProps["offset.flush.timeout.ms"] ?? 5_000),
    logger,
  });
  const delivery = new Delivery({
    task,
    producer: kafka.producer,
    appender,
    inFlight,
    tolerance,
    counters,
    life,
  });
  try {
    task.initialize({
      configs: () => spec.taskProps,
      offsetStorageReader: new OffsetReader(spec.connector, env.offsets),
      transactionContext: null,
      logger: env.logger(location.class),
    });
    await task.start(spec.taskProps);
    reportState("RUNNING");

    while (!life.stopping.aborted) {
      await pauseGate(life, reportState);
      const records = await poll(task, life, logger);
      life.throwIfFailed();
      if (records.length > 0) await delivery.send(records);
      progress.tellIfDue();
    }
    life.throwIfFailed();
  } finally {
    committer.stop();
    await finish(env, inFlight, committer);
    await endTask(task, transforms, converters, logger);
    logger.info(`The task has ended: ${describeCounters(counters)}`);
  }
}

/** Waits for what is on its way, as long as a flush may take, and commits. */
async function finish(
  { life, workerProps }: TaskEnvironment,
  inFlight: InFlight,
  committer: OffsetCommitter,
): Promise<void> {
  const patience = AbortSignal.any([
    life.cancelled,
    AbortSignal.timeout(Number(workerProps["offset.flush.timeout.ms"] ?? 5_000)),
  ]);
  await until(inFlight.drained(), patience);
  if (!life.cancelled.aborted) await committer.commit();
}
