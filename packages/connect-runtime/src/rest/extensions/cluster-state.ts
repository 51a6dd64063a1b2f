import {
  type ConnectClusterState,
  ConnectError,
  type ConnectorHealth,
  type ConnectorState,
} from "@millrace/connect-api";
import type { StateInfo } from "../../herder/herder.ts";
import type { Resources } from "../resources.ts";

/**
 * What extensions may know, from the worker's own view (Java: `ConnectClusterStateImpl`).
 * @param resources undefined while the worker starts
 */
export function clusterStateOf(resources: () => Resources | undefined): ConnectClusterState {
  const started = (): Resources => {
    const found = resources();
    if (found !== undefined) return found;
    throw new ConnectError("The worker has not started yet, and knows nothing of the cluster");
  };
  return {
    clusterDetails: () => ({ kafkaClusterId: started().server.kafkaClusterId }),
    connectors: () => started().herder.connectors(),
    connectorConfig: async (name) => (await started().herder.connectorInfo(name)).config,
    connectorHealth: async (name): Promise<ConnectorHealth> => {
      const { type, connector, tasks } = await started().herder.connectorStatus(name);
      return {
        name,
        type,
        connector: stateOf(connector),
        tasks: tasks.map((task) => ({ id: task.id, ...stateOf(task) })),
      };
    },
  };
}

function stateOf({ state, worker_id, trace }: StateInfo): {
  state: ConnectorState;
  workerId: string;
  trace?: string;
} {
  return { state, workerId: worker_id, ...(trace !== undefined && { trace }) };
}
