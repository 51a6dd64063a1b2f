import {
  ConnectError,
  type Encoded,
  isRetriable,
  type Props,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import { messageOf } from "../errors/trace.ts";
import { loadPlugin } from "../plugins/load.ts";
import type { TaskConverters } from "../record/converters.ts";
import { TransformChain } from "../record/transform-chain.ts";
import { offsetValue } from "../source/offset-json.ts";
import { RecordAppender } from "../source/record-appender.ts";
import { endTask } from "../task/end-task.ts";
import { isAbort } from "../task/is-abort.ts";
import { sleep } from "../task/sleep.ts";
import { makeSteps } from "../task/make-steps.ts";
import type { DryRunEnvironment } from "./environment.ts";
import { RecordFailures } from "./record-failures.ts";
import { shownBytes } from "./shown-record.ts";
import type { Sample, SampledRecord, SampleOptions } from "./steps.ts";
import { transform } from "./transform.ts";

const RETRY_DELAY_MS = 100;

/**
 * Starts a source task, polls it until it has given some records, stops it, and takes a few of them
 * through transformations and converters. Nothing is produced, no offset is written, and `commit`
 * and `commitRecord` are not called. It begins where the connector of this name would go on.
 * @param props the connector's configuration without variables
 * @param taskProps the task's
 * @throws what the task throws; {ConnectError} when a converter or transformation cannot be made
 */
export async function sampleSource(
  props: Props,
  taskProps: Props,
  options: SampleOptions,
  environment: DryRunEnvironment,
): Promise<Sample> {
  const { registry, logger, offsets, pluginMetrics } = environment;
  const location = registry.find(
    "source",
    props["connector.class"] ?? "",
    props["connector.plugin.version"],
  );
  const ConnectorClass = await loadPlugin(location);
  const TaskClass = new ConnectorClass().taskClass();
  const { converters, transforms } = await makeSteps(props, environment);
  const task: SourceTask = new TaskClass();
  const log = logger("DryRun");
  try {
    task.initialize({
      configs: () => taskProps,
      offsetStorageReader: offsets,
      transactionContext: null,
      logger: logger(location.class),
      pluginMetrics: pluginMetrics(),
    });
    await task.start(taskProps);
    const { polled, notes } = await poll(task, options);
    const sampler = new Sampler(converters, transforms);
    const records: SampledRecord[] = [];
    for (const record of polled) records.push(await sampler.sampled(record));
    return { records, notes };
  } finally {
    await endTask(task, transforms, converters, log);
  }
}

async function poll(
  task: SourceTask,
  { max, waitMs }: SampleOptions,
): Promise<{ polled: readonly SourceRecord[]; notes: readonly string[] }> {
  const signal = AbortSignal.timeout(waitMs);
  while (!signal.aborted) {
    try {
      const polled = (await task.poll(signal)) ?? [];
      if (polled.length > 0) return { polled: polled.slice(0, max), notes: [] };
    } catch (error) {
      if (signal.aborted && isAbort(error)) break;
      if (!isRetriable(error)) throw error;
      if (signal.aborted) throw new ConnectError(messageOf(error), { cause: error });
      await sleep(RETRY_DELAY_MS, signal);
    }
  }
  return { polled: [], notes: [`No records came within ${waitMs} ms`] };
}

/** Takes records on the way that they have in a task, up to the producer. */
class Sampler {
  readonly #transforms: TransformChain;
  readonly #failures = new RecordFailures();
  readonly #appender: RecordAppender;

  constructor(converters: TaskConverters, transforms: TransformChain) {
    this.#transforms = transforms;
    this.#appender = new RecordAppender({
      converters,
      transforms: new TransformChain([]),
      topics: { isReady: () => true, ensure: async () => undefined },
      producer: { partition: () => -1 },
      tolerance: this.#failures,
    });
  }

  async sampled(polled: SourceRecord): Promise<SampledRecord> {
    const { sourcePartition, sourceOffset } = polled;
    const from = {
      source_partition: offsetValue(sourcePartition),
      source_offset: sourceOffset === null ? "null" : offsetValue(sourceOffset),
    };
    const { shown, record } = await transform(polled, this.#transforms);
    if (record === null) return { from, ...shown };
    let written: { key: Encoded; value: Encoded } | undefined;
    const group = {
      append: (_topic: string, _partition: number, _ms: number, key: Encoded, value: Encoded) => {
        written = { key, value };
      },
    };
    // A transformation gives a record of the kind it was given.
    await this.#appender.append(group, record as SourceRecord);
    if (written === undefined) {
      return { from, ...shown, outcome: "failed", failure: this.#failures.last };
    }
    const { key, value } = written;
    return { from, ...shown, written: { key: shownBytes(key), value: shownBytes(value) } };
  }
}
