import { isSafe, type Status, type StatusListener, type StatusStore } from "./status-store.ts";

/** Statuses and active topics of a standalone worker, in memory (Java: `MemoryStatusBackingStore`). */
export class MemoryStatusStore implements StatusStore {
  readonly #connectors = new Map<string, Status>();
  readonly #tasks = new Map<string, Map<number, Status>>();
  readonly #sinceMs = new WeakMap<Status, number>();
  readonly #topics = new Map<string, Set<string>>();
  readonly #onStatus: StatusListener | undefined;

  constructor(onStatus?: StatusListener) {
    this.#onStatus = onStatus;
  }

  connectors(): string[] {
    return [
      ...new Set([...this.#connectors.keys(), ...this.#tasks.keys(), ...this.#topics.keys()]),
    ];
  }

  connector(name: string): Status | undefined {
    return this.#connectors.get(name);
  }

  putConnector(name: string, status: Status): void {
    const before = this.connector(name);
    this.#connectors.set(name, status);
    this.#reached(name, undefined, status, before);
  }

  putConnectorSafe(name: string, status: Status): void {
    if (isSafe(status, this.connector(name))) this.putConnector(name, status);
  }

  tasks(connector: string): [task: number, status: Status][] {
    return [...(this.#tasks.get(connector) ?? [])].toSorted(([a], [b]) => a - b);
  }

  task(connector: string, task: number): Status | undefined {
    return this.#tasks.get(connector)?.get(task);
  }

  putTask(connector: string, task: number, status: Status): void {
    let tasks = this.#tasks.get(connector);
    if (tasks === undefined) this.#tasks.set(connector, (tasks = new Map()));
    const before = tasks.get(task);
    tasks.set(task, status);
    this.#reached(connector, task, status, before);
  }

  putTaskSafe(connector: string, task: number, status: Status): void {
    if (isSafe(status, this.task(connector, task))) this.putTask(connector, task, status);
  }

  since(connector: string, task?: number): number | undefined {
    const status = task === undefined ? this.connector(connector) : this.task(connector, task);
    return status && this.#sinceMs.get(status);
  }

  deleteTask(connector: string, task: number): void {
    this.#tasks.get(connector)?.delete(task);
  }

  deleteConnector(name: string): void {
    this.#connectors.delete(name);
    this.#tasks.delete(name);
    this.#topics.delete(name);
  }

  topics(connector: string): string[] {
    return [...(this.#topics.get(connector) ?? [])];
  }

  addTopic(connector: string, topic: string): void {
    let topics = this.#topics.get(connector);
    if (topics === undefined) this.#topics.set(connector, (topics = new Set()));
    topics.add(topic);
  }

  resetTopics(connector: string): void {
    this.#topics.delete(connector);
  }

  #reached(
    connector: string,
    task: number | undefined,
    status: Status,
    before: Status | undefined,
  ): void {
    const isSame = before?.state === status.state;
    this.#sinceMs.set(status, (isSame && this.#sinceMs.get(before)) || Date.now());
    this.#onStatus?.(connector, task, status, before);
  }
}
