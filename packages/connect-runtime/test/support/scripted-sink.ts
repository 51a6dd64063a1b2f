import {
  type MaybePromise,
  type Props,
  type SinkRecord,
  type SinkTaskContext,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { onTestFinished } from "vitest";
import type { StandaloneWorker } from "./standalone-worker.ts";

/** What the task of a `test.ScriptedSink` does. */
export interface SinkScript {
  open?(context: SinkTaskContext, partitions: readonly TopicPartition[]): MaybePromise<void>;
  put?(context: SinkTaskContext, records: SinkRecord[]): MaybePromise<void>;
  /** Without it, or where it returns nothing, all that was put is durable. */
  preCommit?(
    context: SinkTaskContext,
    offsets: TopicPartitionMap<number>,
  ): MaybePromise<TopicPartitionMap<number> | void>;
  close?(context: SinkTaskContext, partitions: readonly TopicPartition[]): MaybePromise<void>;
}

const KEY = Symbol.for("test.sink-scripts");

/** Creates a sink whose task follows the script, in the thread of the test; it is deleted at its end. */
export async function createScriptedSink(
  worker: StandaloneWorker,
  name: string,
  script: SinkScript,
  config: Props = {},
): Promise<void> {
  const scripts = ((globalThis as { [KEY]?: Map<string, SinkScript> })[KEY] ??= new Map());
  scripts.set(name, script);
  onTestFinished(async () => {
    await worker.client.request("DELETE", `/connectors/${name}`);
    scripts.delete(name);
  });
  await worker.client.create(name, {
    "connector.class": "test.ScriptedSink",
    "task.isolation": "inline",
    topics: name,
    ...config,
  });
}
