import { ConnectError, type Connector } from "@millrace/connect-api";
import { ConnectorRun } from "../connector/connector-run.ts";
import { loadPlugin } from "../plugins/load.ts";
import type { TaskConfigs } from "../threads/units.ts";
import type { DryRunEnvironment } from "./environment.ts";
import type { TriedConnector } from "./steps.ts";

/**
 * Starts the connector as the worker would, asks it for the configurations of its tasks, and stops
 * it. So everything that it does in `start` it does here; what it asks of the worker meanwhile
 * is left.
 * @param resolved its configuration without variables
 * @throws {ConnectError} when it does not start, or what `taskConfigs` throws
 */
export async function planTasks(
  connector: TriedConnector,
  resolved: TriedConnector["props"],
  { registry, logger, offsets, pluginMetrics }: DryRunEnvironment,
): Promise<TaskConfigs> {
  const { name, type, props } = connector;
  const className = props["connector.class"] ?? "";
  const location = registry.find(type, className, props["connector.plugin.version"]);
  let run: ConnectorRun | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      run = new ConnectorRun(
        { name, type, props, initialState: "STARTED" },
        {
          load: async () => (await loadPlugin(location)) as new () => Connector,
          className: () => location.class,
          context: {
            logger: logger(location.class),
            offsetStorageReader: offsets,
            pluginMetrics: pluginMetrics(),
          },
          resolve: async () => ({ props: resolved, ttlMs: undefined }),
          onState: (state, trace) => {
            if (state === "FAILED") reject(new ConnectError(headline(trace)));
            else resolve();
          },
          onReconfigurationRequest: () => undefined,
          onReloadRequest: () => undefined,
        },
      );
    });
    return await run!.taskConfigs();
  } finally {
    await run?.stop();
  }
}

/** Java's class name and the message. */
function headline(trace: string | undefined): string {
  return (trace ?? "").split("\n\t", 1)[0]!.trim();
}
