/** States of connectors and tasks as REST shows them. */
export type ReportedState =
  | "UNASSIGNED"
  | "RUNNING"
  | "PAUSED"
  | "FAILED"
  | "RESTARTING"
  | "STOPPED";

/** Restarts by the worker itself (`errors.restart.*`). */
export interface RestartCount {
  /** How many there were within the window. */
  readonly attempts: number;
  /** When the next one is due, in milliseconds since 1970; undefined: none is. */
  readonly nextMs: number | undefined;
}

export interface Status {
  readonly state: ReportedState;
  readonly workerId: string;
  /** Of the group, when the status was reported; 0 in a standalone worker. */
  readonly generation: number;
  readonly trace?: string | undefined;
  readonly version?: string | undefined;
  /** Only where there were some, or one is due. */
  readonly restarts?: RestartCount | undefined;
}

/**
 * Told of every status that is known from now on, of whichever worker.
 * @param task undefined: of the connector itself
 * @param status undefined: it was removed
 * @param before what was known of it
 */
export type StatusListener = (
  connector: string,
  task: number | undefined,
  status: Status | undefined,
  before: Status | undefined,
) => void;

/**
 * Statuses and active topics (Java: `StatusBackingStore`). Whoever puts one sees it at once; a store
 * that is shared among workers writes it to the others when it can.
 */
export interface StatusStore {
  /** Every connector that anything is known of. */
  connectors(): string[];
  connector(name: string): Status | undefined;
  putConnector(name: string, status: Status): void;
  /** Puts it unless another worker has reported something for a later generation. */
  putConnectorSafe(name: string, status: Status): void;
  /** A connector's tasks by number, in order. */
  tasks(connector: string): [task: number, status: Status][];
  task(connector: string, task: number): Status | undefined;
  putTask(connector: string, task: number, status: Status): void;
  /** As {@link putConnectorSafe}. */
  putTaskSafe(connector: string, task: number, status: Status): void;
  /**
   * When the connector, or a task of it, reached the state it is in, as far as is known here, in
   * milliseconds since 1970; undefined: nothing is known of it.
   */
  since(connector: string, task?: number): number | undefined;
  deleteTask(connector: string, task: number): void;
  /** Forgets all of a connector: its status, those of its tasks, its topics. */
  deleteConnector(name: string): void;
  topics(connector: string): string[];
  /** @param task that used the topic first; default 0 */
  addTopic(connector: string, topic: string, task?: number): void;
  resetTopics(connector: string): void;
}

/** Whether a careful report may take the place of what is known (Java: `CacheEntry.canWriteSafely`). */
export function isSafe(status: Status, known: Status | undefined): boolean {
  return (
    known === undefined ||
    known.workerId === status.workerId ||
    known.generation <= status.generation
  );
}
