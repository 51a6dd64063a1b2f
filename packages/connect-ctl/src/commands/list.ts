import type { Command } from "commander";
import { type Cli, inSession } from "../session.ts";
import { countStates, type ConnectorView, viewOf } from "../status/health.ts";
import { table } from "../output/table.ts";
import type { ConnectorHealth } from "../client/answers.ts";
import type { ConnectClient } from "../client/connect-client.ts";

export function addList(program: Command, cli: Cli): void {
  program
    .command("list")
    .alias("ls")
    .description("lists connectors with their types and states")
    .action(
      inSession(cli, async (session) => {
        const views = await allViews(session.client);
        const rows = views.map((view) => [
          view.name,
          view.type,
          view.state,
          countStates(view.tasks),
        ]);
        const data = views.map(({ name, type, state, tasks }) => ({
          name,
          type,
          state,
          tasks: tasks.map((task) => task.state),
        }));
        session.print(data, () => table(["NAME", "TYPE", "STATE", "TASKS"], rows));
      }),
    );
}

/**
 * All connectors by their names; also those of which no status is known yet.
 * @param healths what the worker concludes of them, where that is wanted, and it does
 */
export async function allViews(
  client: ConnectClient,
  healths: readonly ConnectorHealth[] = [],
): Promise<ConnectorView[]> {
  const [names, expanded] = await Promise.all([client.names(), client.expanded()]);
  const told = new Map(healths.map((health) => [health.name, health]));
  return names.toSorted().map((name) => viewOf(name, expanded[name]?.status, told.get(name)));
}
