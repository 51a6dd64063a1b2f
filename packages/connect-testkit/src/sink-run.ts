import { setTimeout as sleep } from "node:timers/promises";
import {
  isRetriable,
  type Props,
  type SinkConnector,
  type SinkRecord,
  type SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { FakeConnectorContext, FakeSinkTaskContext, type ReportedRecord } from "./fake-contexts.ts";
import { RecordingLogger } from "./recording-logger.ts";

const IDLE_PAUSE_MS = 10;

export interface SinkRunOptions {
  /** The worker's limit on tasks; 1 by default. */
  readonly maxTasks?: number;
  readonly logger?: RecordingLogger;
  /** False = as without dead-letter topic and error log; true by default. */
  readonly errantRecordReporter?: boolean;
}

/**
 * Starts a sink connector and its tasks in this process, without Kafka. Partitions are
 * opened when their first record is put.
 *
 * ```ts
 * await using run = await startSink(FileStreamSinkConnector, { file, topics: "lines" });
 * await run.put([stringRecord("hello")]);
 * await run.commit();
 * ```
 * @throws what the plugin throws at start; what was started is stopped again
 */
export async function startSink(
  connectorClass: new () => SinkConnector,
  props: Props,
  options: SinkRunOptions = {},
): Promise<SinkRun> {
  const run = new SinkRun(new connectorClass(), { name: "test", ...props }, options);
  try {
    await run.start();
    return run;
  } catch (error) {
    await run.crash();
    throw error;
  }
}

/** A running sink connector; made by `startSink`. */
export class SinkRun implements AsyncDisposable {
  readonly connector: SinkConnector;
  readonly context: FakeConnectorContext;
  readonly logger: RecordingLogger;
  /** What the tasks said may be committed. */
  readonly committed = new TopicPartitionMap<number>();
  readonly #props: Props;
  readonly #options: SinkRunOptions;
  readonly #tasks: SinkTaskRun[] = [];
  readonly #owners = new TopicPartitionMap<SinkTaskRun>();
  #failed = false;
  #stopped = false;

  constructor(connector: SinkConnector, props: Props, options: SinkRunOptions) {
    this.connector = connector;
    this.logger = options.logger ?? new RecordingLogger();
    this.context = new FakeConnectorContext(undefined, this.logger);
    this.#props = props;
    this.#options = options;
  }

  get tasks(): readonly SinkTask[] {
    return this.#tasks.map(({ task }) => task);
  }

  get taskContexts(): readonly FakeSinkTaskContext[] {
    return this.#tasks.map(({ context }) => context);
  }

  /** The records the tasks reported as impossible to write. */
  get reported(): readonly ReportedRecord[] {
    return this.#tasks.flatMap(({ context }) => context.reported);
  }

  async start(): Promise<void> {
    const { logger } = this;
    this.connector.initialize(this.context);
    await this.connector.start(this.#props);
    const taskClass = this.connector.taskClass();
    const configs = await this.connector.taskConfigs(this.#options.maxTasks ?? 1);
    for (const config of configs) {
      const props: Props = { ...topicsOf(this.#props), ...config, "task.class": taskClass.name };
      const task = new taskClass();
      const context = new FakeSinkTaskContext(props, { ...this.#options, logger });
      this.#tasks.push(new SinkTaskRun(task, context));
      task.initialize(context);
      await task.start(props);
    }
    if (this.#tasks.length === 0) throw new Error("The connector asked for no task");
  }

  /** Gives partitions to the tasks, in turn, as the first assignment of a group does. */
  async open(partitions: readonly TopicPartition[]): Promise<void> {
    for (const tp of partitions) {
      if (this.#owners.has(tp)) continue;
      const owner = this.#tasks[this.#owners.size % this.#tasks.length];
      if (owner === undefined) throw new Error("The run has no task");
      this.#owners.set(tp, owner);
      await owner.open(tp);
    }
  }

  /**
   * Puts records and waits until the tasks took all of them: retriable errors are
   * answered with the same batch again, rewinds with the records from there on, and what
   * belongs to paused partitions waits, with empty puts meanwhile.
   * @throws what a task threw, or the retriable error that did not end within `retryForMs`
   */
  async put(records: readonly SinkRecord[], retryForMs = 10_000): Promise<void> {
    await this.open(
      records.map(({ topic, kafkaPartition }) => ({ topic, partition: kafkaPartition })),
    );
    for (const record of records) {
      this.#owners.get({ topic: record.topic, partition: record.kafkaPartition })?.enqueue(record);
    }
    await this.#watch(Promise.all(this.#tasks.map((task) => task.deliver(retryForMs))));
  }

  /** Calls each task with an empty batch, as the worker does when no record came. */
  async putNothing(): Promise<void> {
    for (const task of this.#tasks) await this.#watch(task.putNothing());
  }

  /** Commits what the tasks allow; returns it (and keeps it in `committed`). */
  async commit(): Promise<TopicPartitionMap<number>> {
    const committed = new TopicPartitionMap<number>();
    for (const task of this.#tasks) {
      for (const [tp, offset] of await this.#watch(task.preCommit())) {
        committed.set(tp, offset);
        this.committed.set(tp, offset);
      }
    }
    return committed;
  }

  /** Stops as the worker does: commit, close, stop; after a failure without the commit. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    if (this.#failed) return this.crash();
    try {
      await this.commit();
      for (const task of this.#tasks) await task.close();
    } finally {
      await this.crash();
    }
  }

  /** Stops without a commit, as after a failure. */
  async crash(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const { task } of this.#tasks) await task.stop();
    await this.connector.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #watch<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}

/** One task with its partitions and the records under way to it. */
class SinkTaskRun {
  readonly task: SinkTask;
  readonly context: FakeSinkTaskContext;
  readonly #given = new TopicPartitionMap<SinkRecord[]>();
  readonly #positions = new TopicPartitionMap<number>();
  #queue: SinkRecord[] = [];

  constructor(task: SinkTask, context: FakeSinkTaskContext) {
    this.task = task;
    this.context = context;
  }

  async open(tp: TopicPartition): Promise<void> {
    this.context.assign([tp]);
    this.#given.set(tp, []);
    await this.task.open([tp]);
    this.#rewind();
  }

  enqueue(record: SinkRecord): void {
    this.#given.get({ topic: record.topic, partition: record.kafkaPartition })?.push(record);
    this.#queue.push(record);
  }

  async deliver(retryForMs: number): Promise<void> {
    const deadline = Date.now() + retryForMs;
    while (this.#queue.length > 0) {
      const batch = this.#queue.filter((record) => !this.context.paused.has(partitionOf(record)));
      if (batch.length === 0 && Date.now() > deadline) {
        throw new Error(`The task kept its partitions paused for ${retryForMs} ms`);
      }
      if (batch.length === 0) await sleep(IDLE_PAUSE_MS);
      if (await this.#put(batch, deadline)) {
        const taken = new Set(batch);
        this.#queue = this.#queue.filter((record) => !taken.has(record));
        for (const record of batch) {
          this.#positions.set(partitionOf(record), record.kafkaOffset + 1);
        }
      }
      this.#rewind();
    }
  }

  async putNothing(): Promise<void> {
    await this.task.put([], new AbortController().signal);
    this.#rewind();
  }

  async preCommit(): Promise<TopicPartitionMap<number>> {
    const committed = await this.task.preCommit(new TopicPartitionMap(this.#positions));
    for (const [tp, offset] of committed) {
      const position = this.#positions.get(tp);
      if (position === undefined || offset > position) {
        throw new Error(
          `preCommit returned offset ${offset} for ${tp.topic}-${tp.partition}, ` +
            `but records were put only up to ${position ?? "none"} (I1)`,
        );
      }
      this.#forget(tp, offset);
    }
    this.#rewind();
    return committed;
  }

  async close(): Promise<void> {
    const partitions = this.context.assignment();
    await this.task.close(partitions);
    this.context.unassign(partitions);
  }

  /** True when the task took the batch, false when the same is to be put again. */
  async #put(batch: readonly SinkRecord[], deadline: number): Promise<boolean> {
    try {
      await this.task.put(batch, new AbortController().signal);
      return true;
    } catch (error) {
      if (!isRetriable(error) || Date.now() > deadline) throw error;
      await sleep(Math.max(IDLE_PAUSE_MS, this.context.timeoutMs));
      return false;
    }
  }

  /** What is committed is never read again. */
  #forget(tp: TopicPartition, committed: number): void {
    const given = this.#given.get(tp) ?? [];
    const kept = given.findIndex((record) => record.kafkaOffset >= committed);
    this.#given.set(tp, kept === -1 ? [] : given.slice(kept));
  }

  #rewind(): void {
    for (const [tp, offset] of this.context.rewinds) {
      const again = (this.#given.get(tp) ?? []).filter((record) => record.kafkaOffset >= offset);
      const others = this.#queue.filter((record) => {
        const { topic, partition } = partitionOf(record);
        return topic !== tp.topic || partition !== tp.partition;
      });
      this.#queue = [...others, ...again];
      this.#positions.set(tp, offset);
    }
    this.context.rewinds.clear();
  }
}

function partitionOf(record: SinkRecord): TopicPartition {
  return { topic: record.topic, partition: record.kafkaPartition };
}

function topicsOf(props: Props): Props {
  const topics = ["topics", "topics.regex"].filter((key) => props[key] !== undefined);
  return Object.fromEntries(topics.map((key) => [key, props[key] ?? ""]));
}
