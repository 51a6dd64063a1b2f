import type { Props, SourceTask } from "@millrace/connect-api";
import type { KafkaClient, Producer } from "@millrace/kafka-client";
import { sourceDeadLetters } from "../errors/dead-letter-config.ts";
import { openProducer } from "../kafka/open-clients.ts";
import { adminProps, sourceProducerProps } from "../kafka/client-props.ts";
import { exactlyOnceProducerProps } from "../kafka/exactly-once-props.ts";
import { loadPlugin } from "../plugins/load.ts";
import { describeCounters, heldOf } from "../task/counters.ts";
import { endTask } from "../task/end-task.ts";
import type { TaskEnvironment } from "../task/environment.ts";
import { makeSteps } from "../task/make-steps.ts";
import { openTolerance } from "../task/open-tolerance.ts";
import { pauseGate } from "../task/pause-gate.ts";
import { ProgressLog } from "../task/progress.ts";
import type { ExactlyOnceSpec, UnitState } from "../threads/units.ts";
import { AtLeastOnce } from "./at-least-once.ts";
import { createTopic } from "./create-topic.ts";
import { ExactlyOnceDelivery, type ExactlyOnceOptions } from "./delivery-exactly-once.ts";
import { commitsFilteredOffsets } from "./filtered-offsets.ts";
import { OffsetReader } from "./offset-reader.ts";
import { poll } from "./poll.ts";
import { RecordAppender } from "./record-appender.ts";
import { TopicCreation } from "./topic-creation.ts";
import { Topics } from "./topics.ts";
import { transactionBoundary } from "./transaction-boundary.ts";
import { TransactionalOffsets } from "./transactional-offsets.ts";

/**
 * A source task from start to end: poll, transform, convert, send, and commit the offsets
 * of what Kafka has. Two ways to send: at least once, and exactly once where the worker does so.
 */
export async function runSourceTask(
  env: TaskEnvironment,
  reportState: (state: UnitState) => void,
): Promise<void> {
  const { spec, life, workerProps, registry, measures } = env;
  const logger = env.logger("WorkerSourceTask");
  const location = registry.find(
    "source",
    spec.connectorProps["connector.class"] ?? "",
    spec.connectorProps["connector.plugin.version"],
  );
  const ConnectorClass = await loadPlugin(location);
  const TaskClass = new ConnectorClass().taskClass();

  const creation = TopicCreation.of(spec.connectorProps, workerProps);
  const { converters, transforms } = await makeSteps(spec.connectorProps, env);
  const deadLetters = sourceDeadLetters(spec.connectorProps);
  await using failures = await openTolerance(env, deadLetters, logger);
  const { tolerance } = failures;
  await using kafka = openProducer(producerProps(env), logger, measures.producer);
  const topics = new Topics({
    client: kafka.client,
    logger,
    signal: life.stopping,
    onActive: env.onActiveTopic,
    create:
      creation && ((topic) => createTopic(topic, creation, adminProps(workerProps, spec), logger)),
    offsetsTopic: spec.exactlyOnce?.offsetsTopic,
  });
  const appender = new RecordAppender({
    transforms,
    converters,
    topics,
    producer: kafka.producer,
    tolerance,
  });

  const task: SourceTask = new TaskClass();
  const intervalMs = Number(workerProps["offset.flush.interval.ms"] ?? 60_000);
  const progress = new ProgressLog(measures, logger, intervalMs);
  const parts = {
    task,
    producer: kafka.producer,
    appender,
    tolerance,
    commitsFilteredOffsets: commitsFilteredOffsets(spec.connectorProps),
    counters: measures,
    measures,
    life,
    logger,
  };
  const delivery = spec.exactlyOnce
    ? exactlyOnce(env, spec.exactlyOnce, { ...parts, client: kafka.client })
    : new AtLeastOnce({
        ...parts,
        converters,
        connector: spec.connector,
        main: env.offsets,
        intervalMs,
        timeoutMs: Number(workerProps["offset.flush.timeout.ms"] ?? 5_000),
        pauseGate: () => pauseGate(life, reportState),
      });
  // A plugin that does not come back keeps the loop from its end: nothing more is committed.
  life.cancelled.addEventListener("abort", () => {
    delivery.cancel();
    void kafka.abandon();
  });
  let begun = false;
  let failed = true;
  try {
    await delivery.start();
    begun = true;
    task.initialize({
      configs: () => spec.taskProps,
      offsetStorageReader: new OffsetReader(spec.connector, env.offsets),
      transactionContext: delivery.transactionContext,
      logger: env.logger(location.class),
      pluginMetrics: env.pluginMetrics(),
    });
    await task.start(spec.taskProps);
    reportState("RUNNING");

    while (!life.stopping.aborted) {
      if (life.paused) await delivery.pausing();
      await pauseGate(life, reportState);
      const polledAt = performance.now();
      const records = await poll(task, life, logger);
      if (records.length > 0) measures.polled(records.length, performance.now() - polledAt);
      life.throwIfFailed();
      await delivery.send(records);
      measures.holds(heldOf(measures));
      progress.tellIfDue();
    }
    life.throwIfFailed();
    failed = false;
  } finally {
    try {
      await delivery.finish(failed);
    } finally {
      await endTask(begun ? task : undefined, transforms, converters, logger);
      logger.info(`The task has ended: ${describeCounters(measures)}`);
    }
  }
}

function producerProps({ spec, workerProps, logger }: TaskEnvironment): Props {
  const props = sourceProducerProps(workerProps, spec);
  if (spec.exactlyOnce === undefined) return props;
  return exactlyOnceProducerProps(
    props,
    spec.exactlyOnce,
    workerProps["bootstrap.servers"],
    logger("WorkerSourceTask"),
  );
}

function exactlyOnce(
  { spec, workerProps, offsets }: TaskEnvironment,
  { transactionalId, offsetsTopic, generation }: ExactlyOnceSpec,
  parts: Pick<
    ExactlyOnceOptions,
    | "task"
    | "appender"
    | "tolerance"
    | "commitsFilteredOffsets"
    | "counters"
    | "measures"
    | "life"
    | "logger"
  > & {
    readonly producer: Producer;
    readonly client: KafkaClient;
  },
): ExactlyOnceDelivery {
  const { connector, task, connectorProps } = spec;
  const { producer, client, logger } = parts;
  const { transactionTimeoutMs } = producer.options;
  return new ExactlyOnceDelivery({
    ...parts,
    transactionalId,
    transactionTimeoutMs,
    boundary: transactionBoundary(connectorProps, workerProps, transactionTimeoutMs, logger),
    offsets: new TransactionalOffsets({
      connector,
      topic: offsetsTopic,
      client,
      keysThere: (keys) => offsets.ask("offsetKeys", [keys]),
      copy:
        offsetsTopic === workerProps["offset.storage.topic"]
          ? undefined
          : (entries) =>
              offsets.ask("copyOffsets", [entries]).catch((error: unknown) => {
                // The thread, or the worker, is at its end: the copy is not what counts.
                logger.debug("Offsets could not be copied to the worker's topic", { error });
              }),
    }),
    isCurrent: () => offsets.ask("isCurrent", [connector, task, generation]),
  });
}
