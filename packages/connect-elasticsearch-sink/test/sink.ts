import { setTimeout as sleep } from "node:timers/promises";
import { type Props, SinkRecord, type SinkRecordParts } from "@millrace/connect-api";
import { type SinkRun, type SinkRunOptions, startSink } from "@millrace/connect-testkit";
import { sharedElasticsearch } from "@millrace/services";
import { ElasticsearchSinkConnector } from "../src/index.ts";

/** Starts the connector on a topic whose values have no schema, unless told otherwise. */
export async function startElasticsearchSink(
  topic: string,
  props: Props = {},
  options: SinkRunOptions = {},
): Promise<SinkRun> {
  const defaults = {
    "connection.url": await sharedElasticsearch(),
    topics: topic,
    "schema.ignore": "true",
    "retry.backoff.ms": "10",
  };
  return await startSink(ElasticsearchSinkConnector, { ...defaults, ...props }, options);
}

/** A record of partition 0 whose key and value have no schema. */
export function record(
  topic: string,
  kafkaOffset: number,
  key: string | null,
  value: unknown,
  parts: Partial<SinkRecordParts> = {},
): SinkRecord {
  return new SinkRecord({ topic, kafkaPartition: 0, kafkaOffset, key, value, ...parts });
}

/**
 * Commits until the offset of a partition is reached, as a worker would over time.
 * @throws what `put` throws, or an error when the offset is not reached in time
 */
export async function commitUntil(
  run: SinkRun,
  topic: string,
  offset: number,
  { partition = 0, timeoutMs = 30_000 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    await run.putNothing();
    const committed = (await run.commit()).get({ topic, partition });
    if (committed === offset) return;
    if (Date.now() > deadline) {
      throw new Error(`Committed is ${committed ?? "nothing"}, not ${offset}`);
    }
    await sleep(5);
  }
}

/** The error that `put` throws sooner or later. */
export async function failureOf(run: SinkRun, timeoutMs = 30_000): Promise<Error> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await run.putNothing();
    } catch (error) {
      return error as Error;
    }
    if (Date.now() > deadline) throw new Error("The task did not fail");
    await sleep(5);
  }
}
