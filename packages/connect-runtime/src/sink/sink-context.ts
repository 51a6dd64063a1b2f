import {
  type ErrantRecordReporter,
  IllegalWorkerStateError,
  type Logger,
  type PluginMetrics,
  type Props,
  type SinkTaskContext,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";

/** What a sink task asked for since the loop last looked. */
export class SinkContext implements SinkTaskContext {
  readonly logger: Logger;
  readonly pluginMetrics?: PluginMetrics;
  readonly errantRecordReporter: ErrantRecordReporter | null;
  readonly #props: Props;
  #assignment: readonly TopicPartition[] = [];
  #rewinds = new TopicPartitionMap<number>();
  readonly #paused = new TopicPartitionMap<true>();
  #pausedChanged = false;
  #timeoutMs = -1;
  #commitRequested = false;

  constructor(
    props: Props,
    logger: Logger,
    reporter: ErrantRecordReporter | null = null,
    pluginMetrics?: PluginMetrics,
  ) {
    this.#props = props;
    this.logger = logger;
    if (pluginMetrics !== undefined) this.pluginMetrics = pluginMetrics;
    this.errantRecordReporter = reporter;
  }

  configs(): Props {
    return this.#props;
  }

  offset(offsets: TopicPartitionMap<number>): void {
    for (const [tp, offset] of offsets) this.#rewinds.set(tp, offset);
  }

  timeout(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
  }

  assignment(): readonly TopicPartition[] {
    return this.#assignment;
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#requireAssigned(partitions, "pause");
    for (const tp of partitions) this.#paused.set(tp, true);
    this.#pausedChanged = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#requireAssigned(partitions, "resume");
    for (const tp of partitions) this.#paused.delete(tp);
    this.#pausedChanged = true;
  }

  requestCommit(): void {
    this.#commitRequested = true;
  }

  setAssignment(assignment: readonly TopicPartition[]): void {
    this.#assignment = assignment;
    for (const asked of [this.#paused, this.#rewinds]) {
      for (const tp of Array.from(asked.keys())) if (!this.#isAssigned(tp)) asked.delete(tp);
    }
  }

  isPaused(tp: TopicPartition): boolean {
    return this.#paused.has(tp);
  }

  takePausedChanged(): boolean {
    const changed = this.#pausedChanged;
    this.#pausedChanged = false;
    return changed;
  }

  takeRewinds(): TopicPartitionMap<number> {
    const rewinds = this.#rewinds;
    this.#rewinds = new TopicPartitionMap();
    return rewinds;
  }

  /** The time-out asked for, or undefined; it holds for one call. */
  takeTimeoutMs(): number | undefined {
    const timeoutMs = this.#timeoutMs;
    this.#timeoutMs = -1;
    return timeoutMs >= 0 ? timeoutMs : undefined;
  }

  takeCommitRequested(): boolean {
    const requested = this.#commitRequested;
    this.#commitRequested = false;
    return requested;
  }

  #requireAssigned(partitions: readonly TopicPartition[], what: string): void {
    const stranger = partitions.find((tp) => !this.#isAssigned(tp));
    if (stranger) {
      throw new IllegalWorkerStateError(
        `SinkTasks may not ${what} partitions that are not assigned to them: ${stranger.topic}-${stranger.partition}`,
      );
    }
  }

  #isAssigned(tp: TopicPartition): boolean {
    return this.#assignment.some((a) => a.topic === tp.topic && a.partition === tp.partition);
  }
}
