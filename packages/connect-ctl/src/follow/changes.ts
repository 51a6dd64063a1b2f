import type { ConnectorStatus, PartStatus } from "../client/answers.ts";
import { printable } from "../output/table.ts";

/** One thing that has changed about a connector. */
export interface StatusChange {
  readonly connector: string;
  /** Undefined: the connector itself. */
  readonly task?: number;
  readonly from: string | null;
  /** Null: it is not there any more. */
  readonly to: string | null;
  readonly worker?: string;
  readonly trace?: string;
}

/** With the line that tells a person of it. */
export interface StatusLine extends StatusChange {
  readonly text: string;
}

/** What is different between two looks at a connector; all of it, at the first one. */
export function statusLines(
  before: ConnectorStatus | undefined,
  after: ConnectorStatus,
): StatusLine[] {
  const old = partsOf(before);
  const now = partsOf(after);
  const ids = [...new Set([...now.keys(), ...old.keys()])];
  return ids.flatMap((id) => {
    const [from, to] = [old.get(id), now.get(id)];
    if (from !== undefined && to !== undefined && isSame(from, to)) return [];
    const change = changeOf(after.name, id, from, to);
    return [{ ...change, text: textOf(change) }];
  });
}

type PartId = number | "connector";

function partsOf(status: ConnectorStatus | undefined): Map<PartId, PartStatus> {
  if (status === undefined) return new Map();
  const parts = new Map<PartId, PartStatus>([["connector", status.connector]]);
  for (const task of status.tasks) parts.set(task.id, task);
  return parts;
}

function isSame(a: PartStatus, b: PartStatus): boolean {
  return a.state === b.state && a.worker_id === b.worker_id && a.trace === b.trace;
}

function changeOf(
  connector: string,
  id: PartId,
  from: PartStatus | undefined,
  to: PartStatus | undefined,
): StatusChange {
  return {
    connector,
    ...(id !== "connector" && { task: id }),
    from: from?.state ?? null,
    to: to?.state ?? null,
    ...(to !== undefined && { worker: to.worker_id }),
    ...(to?.trace !== undefined && to.trace !== "" && { trace: to.trace }),
  };
}

function textOf({ connector, task, from, to, worker, trace }: StatusChange): string {
  const what = task === undefined ? connector : `${connector} task ${task}`;
  const was = from === null || from === to ? "" : ` (was ${from})`;
  if (to === null) return `${what} is gone${was}`;
  const cause = trace === undefined ? "" : `: ${trace.split("\n", 1)[0]!}`;
  return printable(`${what} is ${to} on ${worker ?? ""}${was}${cause}`);
}
