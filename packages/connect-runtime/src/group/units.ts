import type { TaskId } from "../store/work.ts";
import type { Work, WorkSnapshot } from "../store/work.ts";

/** Connectors and tasks are dealt out apart from each other, by the same rules. */
export const KINDS = ["connectors", "tasks"] as const;
export type Kind = (typeof KINDS)[number];

/** {@link Work} as sets of names; a task's is its connector's, `-` and its number, as Java prints it. */
export type Units = Record<Kind, Set<string>>;

export const noUnits = (): Units => ({ connectors: new Set(), tasks: new Set() });

export const taskName = ({ connector, task }: TaskId): string => `${connector}-${task}`;

/** A connector's name may hold a `-` itself: what follows the last one is the number. */
export function taskOf(name: string): TaskId {
  const at = name.lastIndexOf("-");
  return { connector: name.slice(0, at), task: Number(name.slice(at + 1)) };
}

export const unitsOf = ({ connectors, tasks }: Work): Units => ({
  connectors: new Set(connectors),
  tasks: new Set(tasks.map(taskName)),
});

export const workOf = ({ connectors, tasks }: Units): Work => ({
  connectors: [...connectors],
  tasks: Array.from(tasks, taskOf),
});

/** Everything there is to run: connectors by name, their tasks in that order. */
export function unitsOfSnapshot(snapshot: WorkSnapshot): Units {
  const connectors = [...snapshot.connectors()].sort();
  const tasks = connectors.flatMap((connector) =>
    Array.from({ length: snapshot.taskCount(connector) }, (_, task) =>
      taskName({ connector, task }),
    ),
  );
  return { connectors: new Set(connectors), tasks: new Set(tasks) };
}

export function addAll(to: Units, what: Units): void {
  for (const kind of KINDS) for (const unit of what[kind]) to[kind].add(unit);
}

export function filter(units: Units, keep: (kind: Kind, unit: string) => boolean): Units {
  const kept = noUnits();
  for (const kind of KINDS)
    for (const unit of units[kind]) if (keep(kind, unit)) kept[kind].add(unit);
  return kept;
}

export const without = (units: Units, taken: Units): Units =>
  filter(units, (kind, unit) => !taken[kind].has(unit));

export const isNothing = ({ connectors, tasks }: Units): boolean =>
  connectors.size === 0 && tasks.size === 0;
