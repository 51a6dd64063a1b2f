import { setTimeout as sleep } from "node:timers/promises";
import { type Props, SinkRecord, type SinkRecordParts } from "@millrace/connect-api";
import { type SinkRun, type SinkRunOptions, startSink } from "@millrace/connect-testkit";
import { AivenHttpSinkConnector, ConfluentHttpSinkConnector } from "../src/index.ts";

/** Starts Confluent's sink, with short waits. */
export function startConfluent(
  url: string,
  props: Props = {},
  options?: SinkRunOptions,
): Promise<SinkRun> {
  const defaults = { "http.api.url": url, topics: "t", "retry.backoff.ms": "2" };
  return startSink(ConfluentHttpSinkConnector, { ...defaults, ...props }, options);
}

/** Starts Aiven's sink, with short waits. */
export function startAiven(
  url: string,
  props: Props = {},
  options?: SinkRunOptions,
): Promise<SinkRun> {
  const defaults = {
    "http.url": url,
    "http.authorization.type": "none",
    topics: "t",
    "retry.backoff.ms": "2",
  };
  return startSink(AivenHttpSinkConnector, { ...defaults, ...props }, options);
}

/** A record of partition 0 of topic t. */
export function record(
  kafkaOffset: number,
  key: unknown,
  value: unknown,
  parts: Partial<SinkRecordParts> = {},
): SinkRecord {
  return new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset, key, value, ...parts });
}

/**
 * Commits until the offset of a partition is reached, as a worker would over time.
 * @throws what `put` throws, or an error when the offset is not reached in time
 */
export async function commitUntil(run: SinkRun, offset: number, partition = 0): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    await run.putNothing();
    const committed = (await run.commit()).get({ topic: "t", partition });
    if (committed === offset) return;
    if (Date.now() > deadline) {
      throw new Error(`Committed is ${committed ?? "nothing"}, not ${offset}`);
    }
    await sleep(5);
  }
}

/** The error that `put` throws sooner or later. */
export async function failureOf(run: SinkRun): Promise<Error> {
  const deadline = Date.now() + 30_000;
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
