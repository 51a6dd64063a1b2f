/** States of connectors and tasks as REST shows them. */
export type ReportedState =
  | "UNASSIGNED"
  | "RUNNING"
  | "PAUSED"
  | "FAILED"
  | "RESTARTING"
  | "STOPPED";

export interface Status {
  readonly state: ReportedState;
  readonly workerId: string;
  readonly trace?: string | undefined;
  readonly version?: string | undefined;
}

/** Statuses and active topics of a standalone worker, in memory (Java: `MemoryStatusBackingStore`). */
export class MemoryStatusStore {
  readonly #connectors = new Map<string, Status>();
  readonly #tasks = new Map<string, Map<number, Status>>();
  readonly #topics = new Map<string, Set<string>>();

  connector(name: string): Status | undefined {
    return this.#connectors.get(name);
  }

  putConnector(name: string, status: Status): void {
    this.#connectors.set(name, status);
  }

  /** A connector's tasks by number, in order. */
  tasks(connector: string): [task: number, status: Status][] {
    return [...(this.#tasks.get(connector) ?? [])].toSorted(([a], [b]) => a - b);
  }

  task(connector: string, task: number): Status | undefined {
    return this.#tasks.get(connector)?.get(task);
  }

  putTask(connector: string, task: number, status: Status): void {
    let tasks = this.#tasks.get(connector);
    if (tasks === undefined) this.#tasks.set(connector, (tasks = new Map()));
    tasks.set(task, status);
  }

  deleteTask(connector: string, task: number): void {
    this.#tasks.get(connector)?.delete(task);
  }

  /** Forgets all of a connector. */
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
}
