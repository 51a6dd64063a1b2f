import { setTimeout as sleep } from "node:timers/promises";
import {
  isRetriable,
  type Props,
  type SourceConnector,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import {
  FakeConnectorContext,
  FakeSourceTaskContext,
  type FakeTransactionContext,
} from "./fake-contexts.ts";
import { MemoryOffsets } from "./memory-offsets.ts";
import { RecordingLogger } from "./recording-logger.ts";

const RETRY_PAUSE_MS = 10;

export interface SourceRunOptions {
  /** The worker's limit on tasks; 1 by default. */
  readonly maxTasks?: number;
  /** Where to resume; empty by default. The run commits into it. */
  readonly offsets?: MemoryOffsets;
  readonly logger?: RecordingLogger;
  /** For a task that defines its own transactions. */
  readonly transactionContext?: FakeTransactionContext;
}

/**
 * Starts a source connector and its tasks in this process, without Kafka. Nothing is
 * polled until `take` or `takeFor` is called.
 *
 * ```ts
 * await using run = await startSource(FileStreamSourceConnector, { file, topic: "lines" });
 * const records = await run.take(3);
 * await run.commit();
 * ```
 * @throws what the plugin throws at start; what was started is stopped again
 */
export async function startSource(
  connectorClass: new () => SourceConnector,
  props: Props,
  options: SourceRunOptions = {},
): Promise<SourceRun> {
  const run = new SourceRun(new connectorClass(), { name: "test", ...props }, options);
  try {
    await run.start();
    return run;
  } catch (error) {
    await run.stop();
    throw error;
  }
}

interface RunningTask {
  readonly task: SourceTask;
  readonly props: Props;
}

interface TakenRecord {
  readonly task: SourceTask;
  readonly record: SourceRecord;
}

/** A running source connector; made by `startSource`. */
export class SourceRun implements AsyncDisposable {
  readonly connector: SourceConnector;
  readonly context: FakeConnectorContext;
  readonly offsets: MemoryOffsets;
  readonly logger: RecordingLogger;
  readonly #props: Props;
  readonly #options: SourceRunOptions;
  readonly #topicSizes = new Map<string, number>();
  #tasks: RunningTask[] = [];
  #uncommitted: TakenRecord[] = [];
  #stopped = false;

  constructor(connector: SourceConnector, props: Props, options: SourceRunOptions) {
    this.connector = connector;
    this.offsets = options.offsets ?? new MemoryOffsets();
    this.logger = options.logger ?? new RecordingLogger();
    this.context = new FakeConnectorContext(this.offsets, this.logger);
    this.#props = props;
    this.#options = options;
  }

  get tasks(): readonly SourceTask[] {
    return this.#tasks.map(({ task }) => task);
  }

  get taskProps(): readonly Props[] {
    return this.#tasks.map(({ props }) => props);
  }

  async start(): Promise<void> {
    this.connector.initialize(this.context);
    await this.connector.start(this.#props);
    await this.#startTasks();
  }

  /**
   * Polls all tasks at once until that many records came. The last batches may bring more.
   * @throws {Error} when fewer came in time, what a poll threw, or what the connector raised
   */
  async take(count: number, timeoutMs = 30_000): Promise<SourceRecord[]> {
    const records = await this.#poll(timeoutMs, (taken) => taken >= count);
    if (records.length < count) {
      throw new Error(`Only ${records.length} of ${count} records came within ${timeoutMs} ms`);
    }
    return records;
  }

  /** Polls all tasks for that long and returns what came. */
  async takeFor(durationMs: number): Promise<SourceRecord[]> {
    return this.#poll(durationMs, () => false);
  }

  /** Does what the worker does once Kafka has all records taken so far: tells the tasks, stores the offsets. */
  async commit(): Promise<void> {
    const committed = this.#uncommitted;
    this.#uncommitted = [];
    for (const { task, record } of committed) {
      const offset = this.#topicSizes.get(record.topic) ?? 0;
      this.#topicSizes.set(record.topic, offset + 1);
      await task.commitRecord?.(record, {
        topic: record.topic,
        partition: record.kafkaPartition ?? 0,
        offset,
        timestamp: record.timestamp ?? Date.now(),
      });
    }
    this.offsets.commit(committed.map(({ record }) => record));
    for (const { task } of this.#tasks) await task.commit?.();
  }

  /** Does what the worker does after `requestTaskReconfiguration`: stops the tasks, starts those of new `taskConfigs`. */
  async reconfigureTasks(): Promise<void> {
    await this.#stopTasks();
    await this.#startTasks();
  }

  /** Stops tasks and connector; records not committed are forgotten, as in a crash. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#stopTasks();
    await this.connector.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startTasks(): Promise<void> {
    const { logger, offsets } = this;
    const taskClass = this.connector.taskClass();
    const configs = await this.connector.taskConfigs(this.#options.maxTasks ?? 1);
    for (const config of configs) {
      const props: Props = { ...config, "task.class": taskClass.name };
      const task = new taskClass();
      this.#tasks.push({ task, props });
      task.initialize(new FakeSourceTaskContext(props, { ...this.#options, logger, offsets }));
      await task.start(props);
    }
  }

  async #stopTasks(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const { task } of tasks) await task.stop();
  }

  async #poll(timeoutMs: number, enough: (taken: number) => boolean): Promise<SourceRecord[]> {
    const taken: SourceRecord[] = [];
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), timeoutMs);
    const loop = async (task: SourceTask): Promise<void> => {
      while (!ended.signal.aborted) {
        const records = await pollOnce(task, ended.signal);
        for (const record of records) {
          taken.push(record);
          this.#uncommitted.push({ task, record });
        }
        const raised = this.context.raised[0];
        if (raised !== undefined) throw raised;
        if (enough(taken.length)) ended.abort();
      }
    };
    const loops = this.tasks.map((task) =>
      loop(task).catch((error: unknown) => {
        ended.abort();
        throw error;
      }),
    );
    // A call never overlaps another one on the same task: wait for all, also after an error.
    const results = await Promise.allSettled(loops);
    clearTimeout(timer);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return taken;
  }
}

async function pollOnce(task: SourceTask, signal: AbortSignal): Promise<readonly SourceRecord[]> {
  try {
    const records = await task.poll(signal);
    // Leaves the event loop a turn where a task answers at once, time and again, with nothing.
    if (records === null || records.length === 0) await sleep(1);
    return records ?? [];
  } catch (error) {
    if (!isRetriable(error)) throw error;
    await sleep(RETRY_PAUSE_MS);
    return [];
  }
}
