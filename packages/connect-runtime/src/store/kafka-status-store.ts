import type { Logger } from "@millrace/connect-api";
import type { Isolation, KafkaClient, ProducerOptions } from "@millrace/kafka-client";
import { endsBefore } from "../task/until.ts";
import { CompactedLog, describe, type LogRecord, type LogWrite } from "./compacted-log.ts";
import type { InternalTopic } from "./internal-topics.ts";
import { LatestWrites } from "./latest-writes.ts";
import {
  type ActiveTopic,
  keyText,
  parseActiveTopic,
  parseKey,
  parseStatus,
  type StatusKey,
  statusRecord,
  topicRecord,
} from "./status-records.ts";
import { isSafe, type Status, type StatusListener, type StatusStore } from "./status-store.ts";

const CLOSE_MS = 1_000;

export interface KafkaStatusStoreOptions {
  /** Shared with the rest of the worker; the store does not close it. */
  readonly client: KafkaClient;
  readonly topic: InternalTopic;
  readonly logger: Logger;
  /** Told of what is read from the topic. */
  readonly onStatus?: StatusListener;
  /** What this worker is called in statuses; its own are kept in the topic against outdated ones. */
  readonly workerId?: string;
  readonly isolation?: Isolation;
  readonly producer?: ProducerOptions;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** One key of the topic. */
interface Slot<T> {
  /** As it was read last. */
  read: T | undefined;
  /** What was put here and was not read back yet. */
  own: { readonly value: T | undefined } | undefined;
  /** Of a status: when its state was reached, in milliseconds since 1970. */
  sinceMs?: number | undefined;
}

interface ConnectorSlots {
  readonly status: Slot<Status>;
  readonly tasks: Map<number, Slot<Status>>;
  readonly topics: Map<string, Slot<ActiveTopic>>;
}

/**
 * Statuses and active topics of all workers, in the status topic (Java: `KafkaStatusBackingStore`).
 * Puts return at once, are seen here at once (Java: when they were read back), and are written in the
 * background until the brokers take them or a newer one of the same key takes their place.
 */
export class KafkaStatusStore implements StatusStore {
  readonly #options: KafkaStatusStoreOptions;
  readonly #log: CompactedLog;
  readonly #writes: LatestWrites;
  readonly #connectors = new Map<string, ConnectorSlots>();
  #isStarted = false;

  constructor(options: KafkaStatusStoreOptions) {
    const { client, topic, logger, isolation, producer } = options;
    this.#options = options;
    this.#log = new CompactedLog({
      client,
      topic,
      logger,
      onRecord: (record) => this.#apply(record),
      isolation,
      producer,
    });
    this.#writes = new LatestWrites(this.#log, logger);
  }

  /** @throws {ConnectError} naming status.storage.topic and the remedy; the signal's reason */
  async start(signal?: AbortSignal): Promise<void> {
    await this.#log.start(signal);
    this.#isStarted = true;
  }

  close(): Promise<void> {
    return this.#log.close(CLOSE_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @returns whether everything that was put before is written, or can't be */
  flush(timeoutMs: number): Promise<boolean> {
    return endsBefore(this.#writes.flush(), timeoutMs);
  }

  /** Resolves when everything that is in the topic now was read. @throws {ConnectError} */
  refresh(signal?: AbortSignal): Promise<void> {
    return this.#log.refresh(signal);
  }

  connectors(): string[] {
    return [...this.#connectors]
      .filter(
        ([, { status, tasks, topics }]) =>
          [status, ...tasks.values()].some((slot) => current(slot) !== undefined) ||
          [...topics.values()].some((slot) => current(slot) !== undefined),
      )
      .map(([name]) => name);
  }

  connector(name: string): Status | undefined {
    return current(this.#connectors.get(name)?.status);
  }

  putConnector(name: string, status: Status): void {
    this.#putStatus({ kind: "connector", connector: name }, status);
  }

  putConnectorSafe(name: string, status: Status): void {
    if (isSafe(status, this.connector(name))) this.putConnector(name, status);
  }

  tasks(connector: string): [task: number, status: Status][] {
    const tasks = this.#connectors.get(connector)?.tasks ?? [];
    return [...tasks]
      .flatMap(([task, slot]): [number, Status][] => {
        const status = current(slot);
        return status === undefined ? [] : [[task, status]];
      })
      .toSorted(([a], [b]) => a - b);
  }

  task(connector: string, task: number): Status | undefined {
    return current(this.#connectors.get(connector)?.tasks.get(task));
  }

  putTask(connector: string, task: number, status: Status): void {
    this.#putStatus({ kind: "task", connector, task }, status);
  }

  putTaskSafe(connector: string, task: number, status: Status): void {
    if (isSafe(status, this.task(connector, task))) this.putTask(connector, task, status);
  }

  since(connector: string, task?: number): number | undefined {
    const slots = this.#connectors.get(connector);
    const slot = task === undefined ? slots?.status : slots?.tasks.get(task);
    return current(slot) && slot?.sinceMs;
  }

  deleteTask(connector: string, task: number): void {
    this.#putStatus({ kind: "task", connector, task }, undefined);
  }

  deleteConnector(name: string): void {
    for (const [task] of this.tasks(name)) this.deleteTask(name, task);
    this.resetTopics(name);
    this.#putStatus({ kind: "connector", connector: name }, undefined);
  }

  topics(connector: string): string[] {
    const topics = this.#connectors.get(connector)?.topics ?? [];
    return [...topics].filter(([, slot]) => current(slot) !== undefined).map(([topic]) => topic);
  }

  addTopic(connector: string, topic: string, task = 0): void {
    const key = { kind: "topic", connector, topic } as const;
    const slot = this.#topicSlot(key);
    if (current(slot) !== undefined) return;
    const { now = Date.now } = this.#options;
    const active = { task, discoveredMs: now() };
    this.#put(key, slot, active, topicRecord(key, active));
  }

  resetTopics(connector: string): void {
    for (const topic of this.topics(connector)) {
      const key = { kind: "topic", connector, topic } as const;
      this.#put(key, this.#topicSlot(key), undefined, topicRecord(key, undefined));
    }
  }

  #putStatus(key: StatusKey & { kind: "connector" | "task" }, status: Status | undefined): void {
    const slot = this.#statusSlot(key);
    const { now = Date.now } = this.#options;
    noteSince(slot, status, now());
    this.#put(key, slot, status, statusRecord(key, status));
  }

  #put<T>(key: StatusKey, slot: Slot<T>, value: T | undefined, record: LogWrite): void {
    const own = { value };
    slot.own = own;
    this.#writes.put(keyText(key), record, () => {
      if (slot.own !== own) return;
      slot.own = undefined;
      this.#prune(key.connector);
    });
  }

  #apply(record: LogRecord): void {
    const key = record.key === null ? undefined : parseKey(record.key.toString());
    const isRead =
      key !== undefined &&
      (key.kind === "topic" ? this.#readTopic(key, record.value) : this.#readStatus(key, record));
    if (isRead) return;
    this.#options.logger.warn(
      `Skipping the record of ${record.key?.toString() ?? "no key"} in the status topic (${describe(this.#log.topic, record)}), which can't be understood`,
    );
  }

  #readTopic(key: StatusKey & { kind: "topic" }, value: Buffer | null): boolean {
    const active = value === null ? undefined : parseActiveTopic(value);
    if (active === undefined && value !== null) return false;
    this.#topicSlot(key).read = active;
    if (active === undefined) this.#prune(key.connector);
    return true;
  }

  #readStatus(
    key: StatusKey & { kind: "connector" | "task" },
    { value, timestamp }: LogRecord,
  ): boolean {
    const status = value === null ? undefined : parseStatus(value);
    if (status === undefined && value !== null) return false;
    const slot = this.#statusSlot(key);
    if (status !== undefined && isOutdated(status, slot.read)) {
      this.#keep(key, slot);
      return true;
    }
    const before = slot.read;
    // Of what was put here meanwhile it is known already.
    if (slot.own === undefined) noteSince(slot, status, timestamp);
    slot.read = status;
    if (status === undefined) this.#prune(key.connector);
    const task = key.kind === "task" ? key.task : undefined;
    this.#options.onStatus?.(key.connector, task, status, before);
    return true;
  }

  /** Compaction would leave the outdated one only, for those who read the topic later. */
  #keep(key: StatusKey & { kind: "connector" | "task" }, { read, own }: Slot<Status>): void {
    if (!this.#isStarted || own !== undefined) return;
    if (read?.workerId === this.#options.workerId) this.#putStatus(key, read);
  }

  #statusSlot(key: StatusKey & { kind: "connector" | "task" }): Slot<Status> {
    const { status, tasks } = this.#slots(key.connector);
    return key.kind === "connector" ? status : slotIn(tasks, key.task);
  }

  #topicSlot({ connector, topic }: StatusKey & { kind: "topic" }): Slot<ActiveTopic> {
    return slotIn(this.#slots(connector).topics, topic);
  }

  #slots(connector: string): ConnectorSlots {
    let slots = this.#connectors.get(connector);
    if (slots === undefined) {
      slots = { status: emptySlot(), tasks: new Map(), topics: new Map() };
      this.#connectors.set(connector, slots);
    }
    return slots;
  }

  /** Forgets what nothing is known of. */
  #prune(connector: string): void {
    const slots = this.#connectors.get(connector);
    if (slots === undefined) return;
    const { status, tasks, topics } = slots;
    for (const [task, slot] of tasks) if (isEmpty(slot)) tasks.delete(task);
    for (const [topic, slot] of topics) if (isEmpty(slot)) topics.delete(topic);
    if (isEmpty(status) && tasks.size === 0 && topics.size === 0)
      this.#connectors.delete(connector);
  }
}

/**
 * A worker may say late that it gave up what another runs by now (KAFKA-12525), or that it failed there:
 * one that was suspended finds its tasks fenced off before it hears that they are others'. Of one worker
 * what comes later is true.
 */
function isOutdated(status: Status, known: Status | undefined): boolean {
  return (
    (status.state === "UNASSIGNED" || status.state === "FAILED") &&
    (known?.state === "RUNNING" || known?.state === "PAUSED") &&
    known.workerId !== status.workerId &&
    known.generation >= status.generation
  );
}

/** A state that is reported again lasts. */
function noteSince(slot: Slot<Status>, status: Status | undefined, timeMs: number): void {
  if (status?.state === current(slot)?.state && slot.sinceMs !== undefined) return;
  slot.sinceMs = timeMs < 0 ? undefined : timeMs;
}

function current<T>(slot: Slot<T> | undefined): T | undefined {
  return slot?.own === undefined ? slot?.read : slot.own.value;
}

function isEmpty<T>({ read, own }: Slot<T>): boolean {
  return read === undefined && own === undefined;
}

function emptySlot<T>(): Slot<T> {
  return { read: undefined, own: undefined };
}

function slotIn<K, T>(slots: Map<K, Slot<T>>, key: K): Slot<T> {
  let slot = slots.get(key);
  if (slot === undefined) slots.set(key, (slot = emptySlot()));
  return slot;
}
