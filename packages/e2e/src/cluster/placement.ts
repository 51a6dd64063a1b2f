import type { ConnectorStatus, PartStatus } from "@millrace/services";

/** What a connector should come to. */
export interface ExpectedConnector {
  readonly state: "RUNNING" | "PAUSED" | "STOPPED";
  /** How many tasks it should have; a stopped one has none. */
  readonly tasks: number;
}

export interface Place {
  readonly state: string;
  /** Host and port of a worker. */
  readonly worker: string;
}

/** Where connectors (by name) and tasks (`name-0`) run, by what the statuses say. */
export type Placement = ReadonlyMap<string, Place>;

export function placementOf(statuses: ReadonlyMap<string, ConnectorStatus>): Placement {
  const place = ({ state, worker_id }: PartStatus): Place => ({ state, worker: worker_id });
  const places = new Map<string, Place>();
  for (const [name, { connector, tasks }] of statuses) {
    places.set(name, place(connector));
    for (const task of tasks) places.set(`${name}-${task.id}`, place(task));
  }
  return places;
}

/**
 * What keeps statuses from being those of a settled group: of the expected connectors and
 * no others, each with its tasks, in its state, on a worker that runs.
 *
 * @param workers host and port of those that run
 */
export function unsettled(
  statuses: ReadonlyMap<string, ConnectorStatus>,
  expected: ReadonlyMap<string, ExpectedConnector>,
  workers: ReadonlySet<string>,
): string[] {
  const others = [...statuses.keys()].filter((name) => !expected.has(name));
  return [
    ...others.map((name) => `${name} is there, and should not be`),
    ...[...expected].flatMap(([name, wanted]) => {
      const status = statuses.get(name);
      return status === undefined
        ? [`${name} has no status`]
        : unsettledParts(name, status, wanted, workers);
    }),
  ];
}

function unsettledParts(
  name: string,
  { connector, tasks }: ConnectorStatus,
  wanted: ExpectedConnector,
  workers: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  const count = wanted.state === "STOPPED" ? 0 : wanted.tasks;
  if (tasks.length !== count) problems.push(`${name} has ${tasks.length} tasks of ${count}`);
  const parts: [string, PartStatus][] = [
    [name, connector],
    ...tasks.map((task): [string, PartStatus] => [`${name}-${task.id}`, task]),
  ];
  for (const [part, { state, worker_id, trace }] of parts) {
    if (state !== wanted.state) {
      problems.push(`${part} is ${state} on ${worker_id}${trace ? `: ${trace}` : ""}`);
    } else if (!workers.has(worker_id)) {
      problems.push(`${part} is ${state} on ${worker_id}, which does not run`);
    }
  }
  return problems;
}

/** How many parts each worker has, workers with none included. */
export interface Balance {
  readonly connectors: ReadonlyMap<string, number>;
  readonly tasks: ReadonlyMap<string, number>;
}

export function balanceOf(
  statuses: ReadonlyMap<string, ConnectorStatus>,
  workers: Iterable<string>,
): Balance {
  const connectors = new Map<string, number>();
  for (const worker of workers) connectors.set(worker, 0);
  const tasks = new Map(connectors);
  const count = (counts: Map<string, number>, { worker_id }: PartStatus) =>
    counts.set(worker_id, (counts.get(worker_id) ?? 0) + 1);
  for (const status of statuses.values()) {
    count(connectors, status.connector);
    for (const task of status.tasks) count(tasks, task);
  }
  return { connectors, tasks };
}

/** Whether no worker has two more connectors, or two more tasks, than another. */
export function isBalanced({ connectors, tasks }: Balance): boolean {
  return [connectors, tasks].every((counts) => {
    const numbers = [...counts.values()];
    return Math.max(...numbers) - Math.min(...numbers) <= 1;
  });
}
