import type { StatusStore } from "../../store/status-store.ts";

/**
 * Whether the worker that had this work last has given it up in good order: then nobody need
 * wait for that worker to come back. It says so by the status UNASSIGNED, which it writes
 * before it leaves; a worker that died has left RUNNING behind.
 * @param task undefined: the connector itself
 */
export function isReleased(statuses: StatusStore, connector: string, task?: number): boolean {
  const status =
    task === undefined ? statuses.connector(connector) : statuses.task(connector, task);
  if (status?.state === "UNASSIGNED") return true;
  // What has failed says nothing more: the rest of that worker tells.
  return status?.state === "FAILED" && saidGoodbye(statuses, status.workerId);
}

function saidGoodbye(statuses: StatusStore, workerId: string): boolean {
  let unassigned = false;
  for (const name of statuses.connectors()) {
    const all = [statuses.connector(name), ...statuses.tasks(name).map(([, task]) => task)];
    for (const status of all) {
      if (status?.workerId !== workerId || status.state === "FAILED") continue;
      if (status.state !== "UNASSIGNED") return false;
      unassigned = true;
    }
  }
  return unassigned;
}
