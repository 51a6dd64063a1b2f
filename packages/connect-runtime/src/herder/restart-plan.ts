import type { ConnectorStateInfo, RestartRequest } from "./herder.ts";

/** What a restart request means for a connector as it stands (Java: `RestartPlan`). */
export interface RestartPlan {
  readonly connector: boolean;
  readonly tasks: readonly number[];
  /** The status with what is to be restarted as RESTARTING. */
  readonly status: ConnectorStateInfo;
}

export function planRestart(status: ConnectorStateInfo, request: RestartRequest): RestartPlan {
  const affected = ({ state }: { state: string }) => !request.onlyFailed || state === "FAILED";
  const connector = affected(status.connector);
  const tasks = request.includeTasks ? status.tasks.filter(affected).map(({ id }) => id) : [];
  return {
    connector,
    tasks,
    status: {
      ...status,
      connector: connector ? { ...status.connector, state: "RESTARTING" } : status.connector,
      tasks: status.tasks.map((task) =>
        tasks.includes(task.id) ? { ...task, state: "RESTARTING" } : task,
      ),
    },
  };
}
