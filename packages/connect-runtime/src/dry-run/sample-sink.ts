import type { Props } from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import { sinkConsumerProps } from "../kafka/client-props.ts";
import { TransformChain } from "../record/transform-chain.ts";
import { RecordReader } from "../sink/record-reader.ts";
import { subscriptionOf } from "../sink/subscription.ts";
import { endTask } from "../task/end-task.ts";
import { makeSteps } from "../task/make-steps.ts";
import type { DryRunEnvironment } from "./environment.ts";
import { readTopics } from "./read-topics.ts";
import { RecordFailures } from "./record-failures.ts";
import type { Sample, SampledRecord, SampleOptions } from "./steps.ts";
import { transform } from "./transform.ts";

/**
 * Takes a few records of a sink's topics through its converters and transformations. The task is
 * not made: `put` is never called.
 * @param props the connector's configuration without variables
 * @throws {ConnectError} when a converter or transformation cannot be made, or Kafka does not answer
 */
export async function sampleSink(
  name: string,
  props: Props,
  options: SampleOptions,
  environment: DryRunEnvironment,
): Promise<Sample> {
  const { workerProps, logger } = environment;
  const subscription = subscriptionOf(props);
  const { converters, transforms } = await makeSteps(props, environment);
  const log = logger("DryRun");
  try {
    const consumer = consumerProps(name, props, workerProps, options.waitMs);
    const { batches, notes } = await readTopics(consumer, subscription, options, log);
    const failures = new RecordFailures();
    // Without transformations: a record is shown as it is before them, too.
    const reader = new RecordReader(converters, new TransformChain([]), failures);
    const records: SampledRecord[] = [];
    for (const batch of batches) {
      for (let i = 0; i < batch.length; i++) {
        records.push(await sampled(batch, i, reader, failures, transforms));
      }
    }
    return { records, notes };
  } finally {
    await endTask(undefined, transforms, converters, log);
  }
}

async function sampled(
  batch: FetchedRecords,
  index: number,
  reader: RecordReader,
  failures: RecordFailures,
  transforms: TransformChain,
): Promise<SampledRecord> {
  const { topic, partition, offsets } = batch;
  const from = { topic, partition, offset: offsets[index]! };
  const read = await reader.read(batch, index);
  if (typeof read === "string") return { from, outcome: "failed", failure: failures.last };
  const { shown } = await transform(read, transforms);
  return { from, ...shown };
}

/** The sink's own, without its group, and with less patience. */
function consumerProps(name: string, props: Props, workerProps: Props, waitMs: number): Props {
  const { "group.id": _group, ...consumer } = sinkConsumerProps(workerProps, {
    connector: name,
    task: 0,
    connectorProps: props,
  });
  return {
    ...consumer,
    "client.id": `connector-dry-run-${name}`,
    "default.api.timeout.ms": String(waitMs),
    "request.timeout.ms": String(waitMs),
  };
}
